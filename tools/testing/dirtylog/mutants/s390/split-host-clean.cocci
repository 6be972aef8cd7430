// SPDX-License-Identifier: GPL-2.0
// A page of a split segment becomes writable where the host page is clean.
//
// Class: 30, rule 9: dirty in the host first
// Killed by: kunit gmap_split
// File: arch/s390/mm/gmap_split.c

@@
identifier done, write;
@@
 split_and_open(...)
 {
 <...
-			done = !write || host_may_write(...);
+			done = true;
 ...>
 }
