// SPDX-License-Identifier: GPL-2.0
// What a rearm took and could not arm is gone.
//
// Class: 27, the consumer of a harvest fails
// Killed by: directed rearm_protect_fails
// File: pass.c

@@
@@
 dirtylog_rearm(...)
 {
 <...
-	pass_put_back(...);
 ...>
 }
