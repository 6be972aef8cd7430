// SPDX-License-Identifier: GPL-2.0
// Arming a second tracker takes what is dirty in the first.
//
// Class: 26, two readers share one record
// Killed by: directed second_arms
// File: pass.c

@@
@@
 dirtylog_protect_dirty(...)
 {
 <...
-	DIRTYLOG_SCAN_PEEK
+	DIRTYLOG_SCAN_TAKE
 ...>
 }
