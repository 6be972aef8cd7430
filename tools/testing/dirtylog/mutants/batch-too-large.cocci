// SPDX-License-Identifier: GPL-2.0
// A batch names twice as many frames as it may.
//
// Class: 16, an unbounded loop under a lock
// Killed by: directed full_chunks
// File: protect.c

@@
@@
 batches_gather(...)
 {
 <...
-	frames > DIRTYLOG_BATCH_PAGES
+	frames > 2 * DIRTYLOG_BATCH_PAGES
 ...>
 }
