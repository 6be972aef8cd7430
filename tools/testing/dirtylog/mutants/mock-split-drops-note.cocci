// SPDX-License-Identifier: GPL-2.0
// A split drops the note of the large entry.
//
// Class: 22, dirty lost on a split
// Killed by: directed split_note
// File: tests/mock_mmu.c

@@
@@
 mock_mmu_split(...)
 {
 <...
-	entry_lost(mmu, frame, true, old & MOCK_NOTE);
 ...>
 }
