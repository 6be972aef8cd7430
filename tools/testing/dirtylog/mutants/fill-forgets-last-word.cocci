// SPDX-License-Identifier: GPL-2.0
// A record that starts dirty is clean in its last, partial word.
//
// Class: 9, the last word of a range
// Killed by: directed start_dirty
// File: record.c

@@
statement S;
@@
 dirtylog_record_fill(...)
 {
 <...
-		if (tail) S
 ...>
 }
