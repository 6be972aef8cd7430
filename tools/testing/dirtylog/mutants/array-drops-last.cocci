// SPDX-License-Identifier: GPL-2.0
// The last frame of a list is not marked.
//
// Class: rule 7, a frame of a hardware list is lost
// Killed by: directed mark_found
// File: mark.c

@@
identifier i, nr;
@@
 dirtylog_mark_array(...)
 {
 <...
-	i < nr
+	i + 1 < nr
 ...>
 }
