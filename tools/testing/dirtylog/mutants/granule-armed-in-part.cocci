// SPDX-License-Identifier: GPL-2.0
// Taking a granule arms its first frame only.
//
// Class: 14, one page of a large unit
// Killed by: directed granule_whole
// File: protect.c

@@
@@
 batches_widen(...)
 {
 <...
-	bitmap_set(b->bits, from - b->next, to - from);
+	bitmap_set(b->bits, from - b->next, 1);
 ...>
 }
