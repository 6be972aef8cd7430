// SPDX-License-Identifier: GPL-2.0
// What is put back has a leaf and no summary bit.
//
// Class: rule 10, leaf and summary
// Killed by: directed sink_fails
// File: record.c

@@
@@
 dirtylog_record_put_back(...)
 {
 <...
-		dirtylog_record_mark_up(...);
 ...>
 }
