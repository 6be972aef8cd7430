// SPDX-License-Identifier: GPL-2.0
// Notes are looked for without the lock under which others take them.
//
// Class: rule 7, the note or its mark is found
// Killed by: directed zap_in_last_pass
// File: tests/mock_mmu.c

@@
@@
 take_notes(...)
 {
 <...
(
-	spin_lock(&mmu->note_lock);
|
-	spin_unlock(&mmu->note_lock);
)
 ...>
 }
