// SPDX-License-Identifier: GPL-2.0
// An entry that becomes writable by a store of the kernel is not marked.
//
// Class: rule 2, writable, then marked
// Killed by: kunit gmap_dirtylog
// File: arch/s390/mm/pgtable.c

@@
@@
 ptep_set_pte_at(...)
 {
 <...
-	pgste_dirtylog_mark(...);
 ...>
 }
