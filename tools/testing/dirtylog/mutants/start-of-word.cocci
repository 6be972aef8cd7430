// SPDX-License-Identifier: GPL-2.0
// A pass takes the granules before its range that are in the same word.
//
// Class: 9, a range begins within a word
// Killed by: directed range_only
// File: record.c

@@
expression e;
@@
 dirtylog_record_scan(...)
 {
 <...
-	GENMASK(BITS_PER_LONG - 1, e)
+	~0UL
 ...>
 }
