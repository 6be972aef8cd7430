// SPDX-License-Identifier: GPL-2.0
// The tables of split segments outlive their gmap.
//
// Class: 21, tables of nobody
// Killed by: kunit gmap_split
// File: arch/s390/mm/gmap_split.c

@@
identifier table;
@@
 gmap_split_free(...)
 {
 <...
-		page_table_free_pgste(table);
+		(void)table;
 ...>
 }
