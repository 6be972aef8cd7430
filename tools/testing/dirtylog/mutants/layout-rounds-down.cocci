// SPDX-License-Identifier: GPL-2.0
// The last, partial word of a level has no room.
//
// Class: 20, overflow and rounding of counts
// Killed by: directed start_dirty
// File: record.c

@@
@@
 dirtylog_record_layout(...)
 {
 <...
-	n = BIT_WORD(n - 1) + 1;
+	n = BIT_WORD(n);
 ...>
 }
