// SPDX-License-Identifier: GPL-2.0
// A sink that reads pages is called before the flush.
//
// Class: rule 4, take, protect, flush, then show
// Killed by: directed flush_each_chunk
// File: pass.c

@@
@@
 show_pass(...)
 {
 <...
-	if (!ret && pass->flags & DIRTYLOG_FLUSH_CHUNKS) {
-	...
-	}
 ...>
 }
