// SPDX-License-Identifier: GPL-2.0
// A range mark leaves out the last word.
//
// Class: 9, inclusive against exclusive end
// Killed by: directed range_exact
// File: record.c

@@
@@
 set_range(...)
 {
 <...
-	word <= BIT_WORD(last)
+	word < BIT_WORD(last)
 ...>
 }
