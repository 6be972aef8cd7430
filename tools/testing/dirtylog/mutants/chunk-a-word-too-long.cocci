// SPDX-License-Identifier: GPL-2.0
// A chunk has a word more than its buffer.
//
// Class: 15, loop off by one past the buffer
// Killed by: directed full_chunks
// File: record.c

@@
@@
 scan_leaves(...)
 {
 <...
-	index >= s->max_words
+	index > s->max_words
 ...>
 }
