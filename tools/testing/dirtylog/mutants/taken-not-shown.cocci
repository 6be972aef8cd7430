// SPDX-License-Identifier: GPL-2.0
// What is shown was read before the word was cleared.
//
// Class: 28, copied and then zeroed, not exchanged
// Killed by: race 60 dirtylog_mark
// File: record.c

@@
@@
 scan_leaves(...)
 {
 <...
-	bits = clear_bits(mask, &leaf[i]);
+	clear_bits(mask, &leaf[i]);
 ...>
 }
