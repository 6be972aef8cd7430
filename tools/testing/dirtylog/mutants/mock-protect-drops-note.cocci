// SPDX-License-Identifier: GPL-2.0
// Protect takes write permission and note, and marks nothing.
//
// Class: 2, write access and dirtiness go together
// Killed by: directed protect_marks
// File: tests/mock_mmu.c

@@
@@
 entry_arm(...)
 {
 <...
-	take_notes(mmu, frame, frame + 1);
+	*entry_of(mmu, frame) &= ~(MOCK_NOTE | MOCK_WRITABLE);
 ...>
 }
