// SPDX-License-Identifier: GPL-2.0
// A range mark goes on behind the log.
//
// Class: 13, a large entry past the end
// Killed by: directed mark_beyond
// File: mark.c

@@
@@
 dirtylog_mark_range(...)
 {
 <...
-	if (WARN_ON_ONCE(...))
-		left = ...;
 ...>
 }
