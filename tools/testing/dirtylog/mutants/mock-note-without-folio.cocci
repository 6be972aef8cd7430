// SPDX-License-Identifier: GPL-2.0
// The note is taken away, and the folio behind it not marked.
//
// Class: rule 9, the folio of a note
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
