// SPDX-License-Identifier: GPL-2.0
// A mark sets the summary bit and then the leaf: a scan in between clears the summary
// bit, and finds nothing.
//
// Class: rule 2, what is marked is found
// Killed by: race 60 two_levels
// File: record.c

@@
statement S, T;
@@
 dirtylog_record_mark(...)
 {
+	mark_summaries(record, word_of(bit));
 	if (!test_bit(...)) S else T
-	mark_summaries(...);
 }
