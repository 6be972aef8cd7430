// SPDX-License-Identifier: GPL-2.0
// An entry goes, and what only it knew with it.
//
// Class: 21, dirty lost on unmap
// Killed by: directed zap_note
// File: tests/mock_mmu.c

@@
@@
 mock_mmu_zap(...)
 {
 <...
-	entry_lost(mmu, frame, large, old);
 ...>
 }
