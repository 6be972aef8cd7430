// SPDX-License-Identifier: GPL-2.0
// A fault makes an entry writable that was already written.
//
// Class: 7, a plain store over what others change
// Killed by: directed note_stays
// File: tests/mock_mmu.c

@@
@@
 entry_open(...)
 {
 <...
-	(old & MOCK_NOTE)
+	0
 ...>
 }
