// SPDX-License-Identifier: GPL-2.0
// No mapping is asked to close its windows.
//
// Class: rule 5, windows are closed
// Killed by: directed quiesce_op
// File: log.c

@@
statement S;
@@
 dirtylog_quiesce(...)
 {
 <...
-	if (mapping->ops->quiesce) S
 ...>
 }
