// SPDX-License-Identifier: GPL-2.0
// A rearm goes on to the end of the chunk, behind its range.
//
// Class: 9, inclusive against exclusive end
// Killed by: directed rearm_range_only
// File: pass.c

@@
@@
 dirtylog_rearm(...)
 {
 <...
-	end = min(chunk.first + chunk.nr, pass->end);
+	end = min(chunk.first + chunk.nr, record->nr_bits);
 ...>
 }
