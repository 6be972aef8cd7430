// SPDX-License-Identifier: GPL-2.0
// A rearm clears what a source that failed has left in the buffer.
//
// Class: 27, a copy from the user fails
// Killed by: directed source_fails
// File: pass.c

@@
@@
 dirtylog_rearm(...)
 {
 <...
 	ret = pass->source(...);
-	if (ret < 0)
-		break;
 ...>
 }
