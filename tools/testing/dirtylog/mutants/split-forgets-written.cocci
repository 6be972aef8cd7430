// SPDX-License-Identifier: GPL-2.0
// A split drops the note that the large entry was written.
//
// Class: 22, dirty lost on a split
// Killed by: directed split
// File: large.c

@@
statement S;
@@
 dirtylog_split(...)
 {
 <...
-	if (large & DIRTYLOG_ENTRY_WRITTEN) S
 ...>
 }
