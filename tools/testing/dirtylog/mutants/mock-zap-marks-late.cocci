// SPDX-License-Identifier: GPL-2.0
// A note is taken, and marked when the lock was dropped.
//
// Class: rule 7, the note or its mark is found
// Killed by: directed zap_in_last_pass
// File: tests/mock_mmu.c

@@
expression lock;
@@
 mock_mmu_zap(...)
 {
 <...
-	entry_lost(mmu, frame, large, old);
 	spin_unlock(lock);
+	entry_lost(mmu, frame, large, old);
 ...>
 }
