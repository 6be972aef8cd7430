// SPDX-License-Identifier: GPL-2.0
// A scan clears a summary bit after the words below it: the bit of a mark that came
// in between goes, and its leaf stays.
//
// Class: rule 2, a mark beside a scan
// Killed by: race 60 two_levels
// File: record.c

@@
@@
 scan_level(...)
 {
 ...
-	if (takes(s))
-		bits = clear_bits(bits, p) & bits;
 ...
 	if (!takes(s))
 		return true;
+	clear_bits(bits, p);
 ...
 }
