// SPDX-License-Identifier: GPL-2.0
// A segment that is split when logging starts is not protected before.
//
// Class: 14, all pages of a large unit
// Killed by: kunit gmap_tlb
// File: arch/s390/mm/gmap_split.c

@@
@@
 gmap_split_eagerly(...)
 {
 <...
-		gmap_dirtylog_protect_segment(...);
 ...>
 }
