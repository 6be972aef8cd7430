// SPDX-License-Identifier: GPL-2.0
// An entry grows old, and nobody knows any more that it was written.
//
// Class: rule 7, aged
// Killed by: directed note_stays
// File: tests/mock_mmu.c

@@
@@
 mock_mmu_age(...)
 {
 <...
-	old | MOCK_OLD
+	(old | MOCK_OLD) & ~MOCK_NOTE
 ...>
 }
