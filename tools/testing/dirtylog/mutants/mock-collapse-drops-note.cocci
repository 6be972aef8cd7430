// SPDX-License-Identifier: GPL-2.0
// A collapse drops the notes of the small entries.
//
// Class: 22, dirty lost on a collapse
// Killed by: directed collapse_note
// File: tests/mock_mmu.c

@@
@@
 collapse(...)
 {
 <...
-	entry_lost(mmu, first, false, old);
 ...>
 }
