// SPDX-License-Identifier: GPL-2.0
// A tracker that is to start dirty starts clean.
//
// Class: rule 1, neither dirty nor armed
// Killed by: directed start_dirty
// File: tracker.c

@@
@@
 dirtylog_attach(...)
 {
 <...
-	if (how == DIRTYLOG_START_DIRTY)
-		dirtylog_record_fill(...);
 ...>
 }
