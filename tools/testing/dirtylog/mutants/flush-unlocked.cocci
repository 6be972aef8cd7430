// SPDX-License-Identifier: GPL-2.0
// A pass flushes after it has dropped the harvest lock: another one may show in
// between what is not flushed yet.
//
// Class: rule 6, the harvest lock from take to flush
// Killed by: directed flush_last
// File: pass.c

@@
@@
 pass_end(...)
 {
 ...
+	mutex_unlock(&log->lock);
 	if (flush)
 	dirtylog_flush_mappings(...);
 ...
-	mutex_unlock(&log->lock);
 }
