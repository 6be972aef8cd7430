// SPDX-License-Identifier: GPL-2.0
// Entries are opened again while another tracker reads.
//
// Class: rule 1, opened while somebody reads
// Killed by: directed detach_last
// File: tracker.c

@@
@@
 dirtylog_detach(...)
 {
 <...
-	list_empty(&log->trackers)
+	true
 ...>
 }
