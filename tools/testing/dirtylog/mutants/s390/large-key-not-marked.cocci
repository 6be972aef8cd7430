// SPDX-License-Identifier: GPL-2.0
// The storage key of a page in a large segment that changes is not marked.
//
// Class: 12, a write that does not fault
// Killed by: kunit gmap_large
// File: arch/s390/mm/pgtable.c

@@
@@
 set_guest_storage_key(...)
 {
 <...
 	page_set_storage_key(...);
-	gmap_dirtylog_mark_written(...);
 ...>
 }
