// SPDX-License-Identifier: GPL-2.0
// A lock that was dropped between two batches is not taken again.
//
// Class: rule 6, protect runs under the lock
// Killed by: directed contended
// File: protect.c

@@
@@
 protect_batches(...)
 {
 <...
-	if (ops->lock)
-		ops->lock(mapping, owner);
 	held = 0;
 ...>
 }
