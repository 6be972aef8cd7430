// SPDX-License-Identifier: GPL-2.0
// A pass takes the granule behind its range too.
//
// Class: 9, inclusive against exclusive end
// Killed by: directed range_only
// File: record.c

@@
expression end;
@@
 dirtylog_record_scan(...)
 {
 <...
-	GENMASK((end - 1) % BITS_PER_LONG, 0)
+	GENMASK(end % BITS_PER_LONG, 0)
 ...>
 }
