// SPDX-License-Identifier: GPL-2.0
// A mapping that could not be armed is forgotten when the next one could.
//
// Class: rule 1, live and not armed
// Killed by: directed protect_all
// File: protect.c

@@
@@
 dirtylog_arm_mappings(...)
 {
 <...
-	if (ret)
-		break;
 ...>
 }
