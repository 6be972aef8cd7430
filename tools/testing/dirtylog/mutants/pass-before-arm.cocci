// SPDX-License-Identifier: GPL-2.0
// A tracker has passes before it is armed.
//
// Class: rule 1, armed before it counts
// Killed by: directed arm_first
// File: pass.c

@@
@@
 pass_begin(...)
 {
 <...
-	if (!tracker->live) {
-	...
-	}
 ...>
 }
