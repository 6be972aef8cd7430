// SPDX-License-Identifier: GPL-2.0
// What one tracker puts back is dirty for the others again.
//
// Class: rule 10, put back in this tracker only
// Killed by: directed sink_fails_for_one
// File: pass.c

@@
iterator name list_for_each_entry;
@@
 pass_put_back(...)
 {
 <...
-	dirtylog_record_put_back(&tracker->record, chunk);
+	struct dirtylog_tracker *t;
+
+	list_for_each_entry(t, &tracker->log->trackers, node)
+		dirtylog_record_put_back(&t->record, chunk);
 ...>
 }
