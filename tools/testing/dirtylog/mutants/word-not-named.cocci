// SPDX-License-Identifier: GPL-2.0
// A batch does not say that its last word has bits.
//
// Class: 13, the last word of a batch
// Killed by: directed full_chunks
// File: protect.c

@@
@@
 batches_gather(...)
 {
 <...
-	__set_bit(word - first, b->words);
+	if (word == first)
+		__set_bit(word - first, b->words);
 ...>
 }
