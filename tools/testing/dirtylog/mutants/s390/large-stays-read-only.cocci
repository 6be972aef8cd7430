// SPDX-License-Identifier: GPL-2.0
// A fault that may open a large segment does not.
//
// Class: 4, a read-only large entry is never replaced
// Killed by: kunit gmap_large
// File: arch/s390/mm/gmap.c

@@
identifier unprot;
@@
 gmap_link(...)
 {
 <...
-	unprot &= ~_SEGMENT_ENTRY_PROTECT;
+	unprot |= _SEGMENT_ENTRY_PROTECT;
 ...>
 }
