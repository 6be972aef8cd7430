// SPDX-License-Identifier: GPL-2.0
// Writable pages of a split segment that goes are not marked.
//
// Class: 29, a dirty entry goes and its state with it
// Killed by: kunit gmap_split
// File: arch/s390/mm/gmap_split.c

@@
@@
 gmap_split_drop(...)
 {
 <...
-		if (lets_write(...))
-			gmap_dirtylog_mark(...);
+		;
 ...>
 }
