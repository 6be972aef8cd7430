// SPDX-License-Identifier: GPL-2.0
// The large entries of the first gmap of an mm are protected.
//
// Class: 3, a page mapped twice
// Killed by: kunit gmap_large
// File: arch/s390/mm/gmap.c

@@
iterator name list_for_each_entry_rcu;
identifier gmap;
expression A;
@@
 gmap_dirtylog_protect_segment(...)
 {
 <...
-	list_for_each_entry_rcu(gmap, A, list)
+	gmap = list_first_or_null_rcu(A, struct gmap, list);
+	if (gmap)
 	{ ... }
 ...>
 }
