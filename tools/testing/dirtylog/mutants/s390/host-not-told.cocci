// SPDX-License-Identifier: GPL-2.0
// Shadows of tables are not told of the host's stores to them.
//
// Class: 12, host-side writers
// Killed by: kunit gmap_shadow
// File: arch/s390/mm/gmap_dirtylog_host.c

@@
@@
 gmap_dirtylog_host_opens(...)
 {
 ...
-	gmap_split_host_opened(...);
 ...
 }
