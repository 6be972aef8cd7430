// SPDX-License-Identifier: GPL-2.0
// A record is freed while marks are on their way to it.
//
// Class: 21, gone under its users
// Killed by: directed detach_waits
// File: tracker.c

@@
@@
 dirtylog_detach(...)
 {
 <...
-	synchronize_rcu();
 ...>
 }
