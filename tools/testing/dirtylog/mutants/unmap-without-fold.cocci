// SPDX-License-Identifier: GPL-2.0
// What only entries know goes with the mapping.
//
// Class: 21, dirty lost on unmap
// Killed by: directed unmap_folds
// File: log.c

@@
statement S;
@@
 dirtylog_unmap(...)
 {
 <...
-	if (mapping->ops->fold) S
 ...>
 }
