// SPDX-License-Identifier: GPL-2.0
// A pass does not look for signals between chunks.
//
// Class: 16, a loop that cannot be killed
// Killed by: directed killed_between_chunks
// File: pass.c

@@
@@
 pass_interrupted(...)
 {
 ...
-	return ...;
+	return 0;
 }
