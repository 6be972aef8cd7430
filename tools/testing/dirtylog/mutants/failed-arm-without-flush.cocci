// SPDX-License-Identifier: GPL-2.0
// What was armed before an error is not flushed.
//
// Class: rule 6, a flush is owed on error paths too
// Killed by: directed arm_fails
// File: tracker.c

@@
@@
 dirtylog_arm(...)
 {
 <...
+	if (!ret)
 	dirtylog_flush_mappings(...);
 ...>
 }
