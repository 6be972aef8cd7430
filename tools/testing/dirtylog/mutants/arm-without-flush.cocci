// SPDX-License-Identifier: GPL-2.0
// A tracker is live while TLBs have what was writable before.
//
// Class: rule 4, protect, flush, then show
// Killed by: directed arm_first
// File: tracker.c

@@
@@
 dirtylog_arm(...)
 {
 <...
-	dirtylog_flush_mappings(...);
 ...>
 }
