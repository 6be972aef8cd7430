// SPDX-License-Identifier: GPL-2.0
// A mark takes the frame for the granule.
//
// Class: 19, an offset in another unit
// Killed by: directed granule_whole
// File: mark.c

@@
@@
 mark_one(...)
 {
 <...
-	frame >> tracker->order
+	frame
 ...>
 }
