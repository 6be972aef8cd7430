// SPDX-License-Identifier: GPL-2.0
// A mark sets the leaf only.
//
// Class: rule 2, what is marked is found
// Killed by: directed mark_found
// File: record.c

@@
@@
 dirtylog_record_mark(...)
 {
 <...
-	mark_summaries(...);
 ...>
 }
