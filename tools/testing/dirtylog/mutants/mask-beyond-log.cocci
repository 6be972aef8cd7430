// SPDX-License-Identifier: GPL-2.0
// A mask names frames behind the log.
//
// Class: 13, past the end
// Killed by: directed protect_mask
// File: protect.c

@@
@@
 dirtylog_protect(...)
 {
 <...
-	if (left < BITS_PER_LONG)
-		mask &= ...;
 ...>
 }
