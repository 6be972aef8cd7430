// SPDX-License-Identifier: GPL-2.0
// The note of a large entry is marked for one of its frames.
//
// Class: rule 7, a note stands for all frames
// Killed by: directed large_note
// File: tests/mock_mmu.c

@@
@@
 entry_lost(...)
 {
 <...
-	dirtylog_mark_range(mmu->log, first, end - first);
+	dirtylog_mark(mmu->log, frame);
 ...>
 }
