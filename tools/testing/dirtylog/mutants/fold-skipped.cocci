// SPDX-License-Identifier: GPL-2.0
// A pass does not ask for what only entries know.
//
// Class: rule 7, fold before you drop
// Killed by: directed fold_before_scan
// File: pass.c

@@
@@
 show_pass(...)
 {
 <...
-	folded = pass->first
+	folded = pass->end
 ...>
 }
