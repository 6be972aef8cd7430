// SPDX-License-Identifier: GPL-2.0
// A storage key that changes is not marked.
//
// Class: 12, a write that does not fault
// Killed by: kunit gmap_dirtylog
// File: arch/s390/mm/pgtable.c

@@
@@
 set_guest_storage_key(...)
 {
 <...
-	pgste_dirtylog_mark_key(...);
 ...>
 }
