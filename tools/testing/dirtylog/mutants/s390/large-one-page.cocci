// SPDX-License-Identifier: GPL-2.0
// Of a large segment that becomes writable all pages but the last are marked.
//
// Class: 14, one page of a large unit
// Killed by: kunit gmap_large
// File: arch/s390/mm/gmap_dirtylog.c

@@
expression end, first, E;
@@
 gmap_dirtylog_mark_segment(...)
 {
 <...
 	dirtylog_mark_range(E, ...,
-			    (end - first) >> PAGE_SHIFT
+			    (end - first - 1) >> PAGE_SHIFT
 	)
 ...>
 }
