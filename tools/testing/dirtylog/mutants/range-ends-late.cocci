// SPDX-License-Identifier: GPL-2.0
// A range mark sets one bit more.
//
// Class: 13, a large entry past the end
// Killed by: directed range_exact
// File: mark.c

@@
@@
 dirtylog_mark_range(...)
 {
 <...
-	(first + now - 1)
+	(first + now)
 ...>
 }
