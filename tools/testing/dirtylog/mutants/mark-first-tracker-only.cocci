// SPDX-License-Identifier: GPL-2.0
// A mark reaches the record of one tracker only.
//
// Class: 26, two readers share one record
// Killed by: directed two_trackers
// File: mark.c

@@
expression list E;
@@
 mark_one(...)
 {
 <...
-	dirtylog_record_mark(E);
+	{
+		dirtylog_record_mark(E);
+		break;
+	}
 ...>
 }
