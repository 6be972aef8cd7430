// SPDX-License-Identifier: GPL-2.0
// Protect skips an entry that faults now, and gets back what it was.
//
// Class: 6, read-only now, and anybody may open it
// Killed by: directed old_entry
// File: tests/mock_mmu.c

@@
@@
 entry_arm(...)
 {
 <...
-	entry_clear(mmu, frame, MOCK_WRITABLE);
+	if (!(*entry_of(mmu, frame) & MOCK_OLD))
+		entry_clear(mmu, frame, MOCK_WRITABLE);
 ...>
 }
