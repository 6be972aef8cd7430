// SPDX-License-Identifier: GPL-2.0
// A batch names frames behind the log.
//
// Class: 13, past the end
// Killed by: directed full_chunks
// File: protect.c

@@
expression E;
@@
 batches_init(...)
 {
 <...
-	min(E, log->nr_pages)
+	E
 ...>
 }
