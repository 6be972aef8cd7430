// SPDX-License-Identifier: GPL-2.0
// Frames of a batch are counted in 32 bits.
//
// Class: 20, 32-bit overflow of page counts
// Killed by: directed big_log
// File: protect.c

@@
expression E;
@@
 batches_init(...)
 {
 <...
-	b->end = E;
+	b->end = (unsigned int)E;
 ...>
 }
