// SPDX-License-Identifier: GPL-2.0
// A mark of a range has no barrier between the entry and the test of the leaf.
//
// Class: rule 2, writable, then marked
// Killed by: race 60 dirtylog_mark_range
// File: mark.c

@@
@@
 dirtylog_mark_range(...)
 {
 <...
-	smp_mb();
 ...>
 }
