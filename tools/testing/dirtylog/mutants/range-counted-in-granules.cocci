// SPDX-License-Identifier: GPL-2.0
// A range that begins within a granule loses its last one.
//
// Class: rule 8, all of a large entry
// Killed by: directed range_granules
// File: mark.c

@@
@@
 dirtylog_mark_range(...)
 {
 <...
-	(first + now - 1) >> tracker->order
+	(first >> tracker->order) + ((now - 1) >> tracker->order)
 ...>
 }
