// SPDX-License-Identifier: GPL-2.0
// A store of the VMM to a huge page is not marked.
//
// Class: 12, host-side writers
// Killed by: kunit gmap_host
// File: arch/s390/mm/gmap_dirtylog_host.c

@@
@@
 gmap_dirtylog_host_opens(...)
 {
 ...
-	gmap_dirtylog_host_changed(...);
 ...
 }
