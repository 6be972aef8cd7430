// SPDX-License-Identifier: GPL-2.0
// A fold op is given granules for frames.
//
// Class: 19, an offset in another unit
// Killed by: directed fold_range
// File: pass.c

@@
@@
 pass_fold(...)
 {
 <...
-	first = next << tracker->order;
+	first = next;
 ...>
 }
