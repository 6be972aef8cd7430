// SPDX-License-Identifier: GPL-2.0
// A range mark sets no summary bits.
//
// Class: rule 8, all of a large entry
// Killed by: directed range_exact
// File: record.c

@@
@@
 dirtylog_record_mark_range(...)
 {
 <...
-	i < record->nr_levels
+	i < 1
 ...>
 }
