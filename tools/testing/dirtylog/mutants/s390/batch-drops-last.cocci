// SPDX-License-Identifier: GPL-2.0
// Of each segment that a batch has pages in, the last page is not protected.
//
// Class: 9, inclusive against exclusive end
// Killed by: selftest g dirtylog/s390_copy
// File: arch/s390/mm/gmap_dirtylog.c

@@
identifier last;
@@
 gmap_dirtylog_protect(...)
 {
 <...
-	((last + 1) << PAGE_SHIFT)
+	(last << PAGE_SHIFT)
 ...>
 }
