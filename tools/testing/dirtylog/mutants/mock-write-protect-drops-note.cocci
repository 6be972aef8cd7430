// SPDX-License-Identifier: GPL-2.0
// Write permission is taken, and what hardware noted with it.
//
// Class: 23, write protection drops a D bit
// Killed by: directed note_stays
// File: tests/mock_mmu.c

@@
@@
 mock_mmu_write_protect(...)
 {
 <...
-	entry_clear(mmu, frame, MOCK_WRITABLE);
+	*entry_of(mmu, frame) &= ~(MOCK_WRITABLE | MOCK_NOTE);
 ...>
 }
