// SPDX-License-Identifier: GPL-2.0
// Who wanted to know before a page is protected is not told.
//
// Class: 24, notification bits ignored
// Killed by: kunit gmap_dirtylog
// File: arch/s390/mm/pgtable.c

@@
identifier pgste;
@@
 ptep_dirtylog_protect(...)
 {
 <...
-		pgste = pgste_pte_notify(...);
 ...>
 }
