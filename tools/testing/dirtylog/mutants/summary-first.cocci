// SPDX-License-Identifier: GPL-2.0
// A mark sets the summary bit and then the leaf: a scan in between clears the summary
// bit, and finds nothing.
//
// Class: rule 2, what is marked is found
// Killed by: race 60 two_levels
// File: mark.c

@@
expression R, B;
@@
 mark_one(...)
 {
 <...
-	dirtylog_record_mark(R, B);
+	{
+		dirtylog_record_mark_up(R, 1, BIT_WORD(B));
+		set_bit(B, (R)->level[0]);
+	}
 ...>
 }
