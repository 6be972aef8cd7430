// SPDX-License-Identifier: GPL-2.0
// Arming does not wait for marks that have not seen the tracker.
//
// Class: rule 1, a mark that missed the tracker
// Killed by: directed arm_waits
// File: tracker.c

@@
@@
 dirtylog_arm(...)
 {
 <...
-	if (tracker->shared)
-		synchronize_rcu();
 ...>
 }
