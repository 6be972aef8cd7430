// SPDX-License-Identifier: GPL-2.0
// A second tracker takes what is dirty in the first for armed.
//
// Class: 26, two readers share one record
// Killed by: directed second_arms
// File: tracker.c

@@
expression E;
@@
 dirtylog_arm(...)
 {
 <...
-	live ? dirtylog_protect_dirty(...) : E
+	live ? 0 : E
 ...>
 }
