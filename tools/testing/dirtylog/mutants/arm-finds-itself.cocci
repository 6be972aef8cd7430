// SPDX-License-Identifier: GPL-2.0
// A tracker that is not live yet is taken for one that is.
//
// Class: rule 1, live and not armed
// Killed by: directed arm_first
// File: tracker.c

@@
expression E;
@@
 finest_live(...)
 {
 <...
-	tracker->live && E
+	E
 ...>
 }
