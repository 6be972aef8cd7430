// SPDX-License-Identifier: GPL-2.0
// A rearm does not flush.
//
// Class: rule 6, a flush is owed by every pass that takes
// Killed by: directed rearm_named
// File: pass.c

@@
@@
 dirtylog_rearm(...)
 {
 <...
-	flush = true;
 ...>
 }
