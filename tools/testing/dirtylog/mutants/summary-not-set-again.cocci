// SPDX-License-Identifier: GPL-2.0
// A rearm that takes a part of a word leaves its summary bit cleared: nobody finds
// the rest again.
//
// Class: rule 1, a record keeps what it did not show
// Killed by: directed rearm_named
// File: record.c

@@
@@
 scan_level(...)
 {
 <...
-	if (kept)
-		or_bits(kept, p);
 ...>
 }
