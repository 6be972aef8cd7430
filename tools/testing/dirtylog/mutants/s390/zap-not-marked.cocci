// SPDX-License-Identifier: GPL-2.0
// A writable entry that goes is not marked: a pass may have taken the mark before.
//
// Class: 21, dirty lost on unmap
// Killed by: kunit gmap_race
// File: arch/s390/mm/pgtable.c

@@
@@
 ptep_xchg_commit(...)
 {
 <...
-	pgste_dirtylog_zapped(...);
 ...>
 }
