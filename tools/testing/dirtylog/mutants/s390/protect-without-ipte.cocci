// SPDX-License-Identifier: GPL-2.0
// The entry of a page is protected by a store, and no IPTE.
//
// Class: 7, a plain store over what hardware changes
// Killed by: kunit gmap_tlb
// File: arch/s390/mm/pgtable.c

@@
@@
 ptep_dirtylog_protect(...)
 {
 <...
-		ptep_flush_direct(...);
 ...>
 }
