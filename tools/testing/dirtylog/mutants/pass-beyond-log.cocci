// SPDX-License-Identifier: GPL-2.0
// A pass may end behind the record.
//
// Class: 13, past the end of the bitmap
// Killed by: directed range_bad
// File: pass.c

@@
expression E;
@@
 pass_begin(...)
 {
 <...
-	E || pass->end > tracker->record.nr_bits
+	E
 ...>
 }
