// SPDX-License-Identifier: GPL-2.0
// What hardware has buffered goes with the mapping.
//
// Class: rule 7, what a hardware list has
// Killed by: directed unmap_folds
// File: log.c

@@
statement S;
@@
 dirtylog_unmap(...)
 {
 <...
-	if (mapping->ops->sync) S
 ...>
 }
