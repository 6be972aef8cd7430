// SPDX-License-Identifier: GPL-2.0
// Of logs that overlap, one is marked.
//
// Class: 26, two readers share one record
// Killed by: kunit gmap_dirtylog
// Killed by: selftest g dirtylog/s390_storm 100000
// File: arch/s390/mm/gmap_dirtylog.c

@@
expression E;
@@
 gmap_dirtylog_mark_all(...)
 {
 <...
 		if (E)
+		{
 			dirtylog_mark(...);
+			break;
+		}
 ...>
 }
