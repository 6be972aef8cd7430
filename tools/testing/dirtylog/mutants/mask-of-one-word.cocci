// SPDX-License-Identifier: GPL-2.0
// A mask that begins within a word loses its end.
//
// Class: 19, an offset that is ignored
// Killed by: directed protect_mask
// File: protect.c

@@
expression E;
@@
 dirtylog_protect(...)
 {
 <...
-	bits[1] = E;
+	bits[1] = 0;
 ...>
 }
