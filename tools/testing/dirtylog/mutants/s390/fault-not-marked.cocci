// SPDX-License-Identifier: GPL-2.0
// An entry that is exchanged for a writable one is not marked.
//
// Class: rule 2, writable, then marked
// Killed by: kunit gmap_dirtylog
// File: arch/s390/mm/pgtable.c

@@
@@
 ptep_xchg_commit(...)
 {
 <...
-	pgste_dirtylog_mark(...);
 ...>
 }
