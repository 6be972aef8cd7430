// SPDX-License-Identifier: GPL-2.0
// A pass does not wait for whoever opens a page for somebody else.
//
// Class: rule 5, windows are closed
// Killed by: kunit gmap_race
// File: arch/s390/mm/gmap_dirtylog.c

@@
@@
 gmap_dirtylog_sync(...)
 {
-	synchronize_rcu_expedited();
 }
