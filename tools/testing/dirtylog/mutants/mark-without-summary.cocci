// SPDX-License-Identifier: GPL-2.0
// A mark sets the leaf only.
//
// Class: rule 2, what is marked is found
// Killed by: directed mark_found
// File: mark.c

@@
expression R, B;
@@
 mark_one(...)
 {
 <...
-	dirtylog_record_mark(R, B);
+	set_bit(B, (R)->level[0]);
 ...>
 }
