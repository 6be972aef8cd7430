// SPDX-License-Identifier: GPL-2.0
// A mark has no barrier between the entry and the test of the leaf.
//
// Class: rule 2, writable, then marked
// Killed by: race 60 dirtylog_mark
// File: mark.c

@@
@@
 dirtylog_mark(...)
 {
 <...
-	smp_mb();
 ...>
 }
