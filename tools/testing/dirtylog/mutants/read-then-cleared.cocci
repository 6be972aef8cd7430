// SPDX-License-Identifier: GPL-2.0
// Bits are read and then cleared, in two steps: a mark in between is lost.
//
// Class: 28, copied and then zeroed, not exchanged
// Killed by: race 60 dirtylog_mark
// File: record.c

@@
typedef atomic_long_t;
@@
 clear_bits(unsigned long bits, unsigned long *word)
 {
-	if (bits == ~0UL)
-		return xchg(word, 0);
-	return atomic_long_fetch_andnot(bits, (atomic_long_t *)word);
+	unsigned long old = READ_ONCE(*word);
+
+	WRITE_ONCE(*word, old & ~bits);
+	return old;
 }
