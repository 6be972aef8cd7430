// SPDX-License-Identifier: GPL-2.0
// The entry of a split segment goes without a flush, and its table with it.
//
// Class: 10, no flush
// Killed by: kunit gmap_tlb
// File: arch/s390/mm/gmap_split.c

@@
@@
 gmap_split_drop(...)
 {
 ...
-	flush_entry(gmap, entry);
-	gmap_check_change(*entry, _SEGMENT_ENTRY_EMPTY);
 ...
 }
