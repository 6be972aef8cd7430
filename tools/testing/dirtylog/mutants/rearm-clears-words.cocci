// SPDX-License-Identifier: GPL-2.0
// A rearm clears whole words, and not the granules that it was given.
//
// Class: 15, CLEAR clears what it was not given
// Killed by: directed rearm_named
// File: record.c

@@
@@
 scan_leaves(...)
 {
 <...
-	if (kind == DIRTYLOG_SCAN_TAKE_MASKED)
-		mask &= buf[word - s->buf_word];
 ...>
 }
