// SPDX-License-Identifier: GPL-2.0
// A segment that is protected is split into pages that are not.
//
// Class: 22, dirty invented or lost on a split
// Killed by: kunit gmap_split
// File: arch/s390/mm/gmap_split.c

@@
identifier bits;
@@
 split(...)
 {
 <...
-		bits |= _PAGE_PROTECT;
+		bits |= 0;
 ...>
 }
