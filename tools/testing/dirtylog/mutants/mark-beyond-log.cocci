// SPDX-License-Identifier: GPL-2.0
// A mark does not look whether the log has the frame.
//
// Class: 13, marking past the end
// Killed by: directed mark_beyond
// File: mark.c

@@
@@
 mark_one(...)
 {
 <...
-	if (WARN_ON_ONCE(...))
-		return;
 ...>
 }
