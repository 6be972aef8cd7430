// SPDX-License-Identifier: GPL-2.0
// A mark of a list has no barrier between the entry and the test of the leaf.
//
// Class: rule 2, writable, then marked
// Killed by: race 60 dirtylog_mark_array
// File: mark.c

@@
@@
 dirtylog_mark_array(...)
 {
 <...
-	smp_mb();
 ...>
 }
