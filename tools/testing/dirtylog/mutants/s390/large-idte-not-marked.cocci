// SPDX-License-Identifier: GPL-2.0
// A writable large segment that the host drops by IDTE is not marked.
//
// Class: 29, a dirty large entry goes and its state with it
// Killed by: kunit gmap_large
// File: arch/s390/mm/gmap.c

@@
@@
 gmap_pmdp_idte_global(...)
 {
 <...
-	gmap_dirtylog_segment(...);
 ...>
 }
