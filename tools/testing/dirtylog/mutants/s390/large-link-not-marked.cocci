// SPDX-License-Identifier: GPL-2.0
// A large segment that is opened by a fault is not marked.
//
// Class: rule 2, writable, then marked
// Killed by: kunit gmap_large
// File: arch/s390/mm/gmap.c

@@
@@
 gmap_link(...)
 {
 <...
-	gmap_dirtylog_segment(gmap->mm, vmaddr, *table);
 ...>
 }
