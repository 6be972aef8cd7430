// SPDX-License-Identifier: GPL-2.0
// Segments are merged that another log wants split.
//
// Class: 22, merged while it is logged
// Killed by: kunit gmap_split
// File: arch/s390/mm/gmap_split.c

@@
@@
 gmap_split_merge(...)
 {
 <...
-			if (!gmap_dirtylog_covers(...))
 				in_each_gmap(...);
 ...>
 }
