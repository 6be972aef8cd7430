// SPDX-License-Identifier: GPL-2.0
// The granule that the end of the log cuts short is not there.
//
// Class: 9, the end of a range
// Killed by: directed granule_last
// File: tracker.c

@@
@@
 dirtylog_attach(...)
 {
 <...
-	((log->nr_pages - 1) >> order) + 1
+	log->nr_pages >> order
 ...>
 }
