// SPDX-License-Identifier: GPL-2.0
// The last granule is folded behind the end of the log.
//
// Class: 13, past the end
// Killed by: directed fold_before_scan
// File: pass.c

@@
@@
 pass_fold(...)
 {
 <...
-	min(end << tracker->order, log->nr_pages)
+	(end << tracker->order)
 ...>
 }
