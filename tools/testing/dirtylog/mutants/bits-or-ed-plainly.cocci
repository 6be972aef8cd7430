// SPDX-License-Identifier: GPL-2.0
// Bits are set by a load and a store: another mark of the same word is lost.
//
// Class: 7, a plain store over what others change
// Killed by: race 60 put_back
// File: record.c

@@
typedef atomic_long_t;
@@
 or_bits(unsigned long bits, unsigned long *word)
 {
-	atomic_long_or(bits, (atomic_long_t *)word);
+	WRITE_ONCE(*word, READ_ONCE(*word) | bits);
 }
