// SPDX-License-Identifier: GPL-2.0
// A wait that a signal has ended counts as done.
//
// Class: rule 5, windows are closed
// Killed by: directed quiesce_op
// File: log.c

@@
@@
 dirtylog_quiesce(...)
 {
 ...
 	mutex_unlock(&log->lock);
-	if (ret)
-		return ret;
 ...
 }
