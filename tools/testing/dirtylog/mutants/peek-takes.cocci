// SPDX-License-Identifier: GPL-2.0
// A peek takes what it shows.
//
// Class: 27, the harvest is destructive
// Killed by: directed peek_takes_nothing
// File: pass.c

@@
@@
 show_pass(...)
 {
 <...
-	kind == DIRTYLOG_PASS_HARVEST
+	true
 ...>
 }
