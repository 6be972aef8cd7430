// SPDX-License-Identifier: GPL-2.0
// A range mark reaches the record of one tracker only.
//
// Class: 26, two readers share one record
// Killed by: directed two_trackers
// File: mark.c

@@
expression list E;
@@
 dirtylog_mark_range(...)
 {
 <...
-	dirtylog_record_mark_range(E);
+	{
+		dirtylog_record_mark_range(E);
+		break;
+	}
 ...>
 }
