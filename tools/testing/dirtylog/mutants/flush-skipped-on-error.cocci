// SPDX-License-Identifier: GPL-2.0
// A pass that fails does not flush what it has armed.
//
// Class: rule 6, a flush is owed on error paths too
// Killed by: directed sink_fails
// File: pass.c

@@
@@
 pass_end(...)
 {
 <...
-	if (flush)
+	if (flush && !ret)
 	dirtylog_flush_mappings(...);
 ...>
 }
