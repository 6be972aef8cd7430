// SPDX-License-Identifier: GPL-2.0
// What was written through a small entry is not marked when it goes.
//
// Class: 29, a dirty entry goes and its state with it
// Killed by: directed collapse
// File: large.c

@@
statement S;
@@
 dirtylog_collapse_entry(...)
 {
 <...
-	if (small & DIRTYLOG_ENTRY_WRITTEN) S
 ...>
 }
