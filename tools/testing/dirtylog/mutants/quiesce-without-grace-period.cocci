// SPDX-License-Identifier: GPL-2.0
// A window that runs in an RCU read-side section is still open at the last harvest.
//
// Class: rule 5, windows are closed
// Killed by: directed quiesce_waits
// File: log.c

@@
@@
 dirtylog_quiesce(...)
 {
 <...
-	synchronize_rcu();
 ...>
 }
