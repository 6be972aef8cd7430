// SPDX-License-Identifier: GPL-2.0
// A tracker is live although its mappings could not be armed.
//
// Class: rule 1, live and not armed
// Killed by: directed arm_fails
// File: tracker.c

@@
@@
 dirtylog_arm(...)
 {
 <...
-	!ret
+	true
 ...>
 }
