// SPDX-License-Identifier: GPL-2.0
// A split marks one frame of the large entry that was written.
//
// Class: 22, dirty lost on a split
// Killed by: directed split
// File: large.c

@@
expression a, b, c;
@@
 dirtylog_split(...)
 {
 <...
-	dirtylog_mark_range(a, b, c);
+	dirtylog_mark(a, b);
 ...>
 }
