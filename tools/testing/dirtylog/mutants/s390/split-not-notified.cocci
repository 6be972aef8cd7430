// SPDX-License-Identifier: GPL-2.0
// Who wanted to know of the segment is not told when it is split.
//
// Class: 24, notification bits lost on split
// Killed by: kunit gmap_split
// File: arch/s390/mm/gmap_split.c

@@
@@
 split(...)
 {
 ...
-	gmap_split_notify_segment(...);
 ...
 }
