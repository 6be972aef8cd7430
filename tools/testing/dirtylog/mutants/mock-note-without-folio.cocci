// SPDX-License-Identifier: GPL-2.0
// The note is taken away, and the folio behind it not marked.
//
// Class: 23, write protection drops a D bit
// Killed by: directed note_and_folio
// File: tests/mock_mmu.c

@@
@@
 entry_lost(...)
 {
 <...
-	!mmu->forget_folios
+	!mmu->records
 ...>
 }
