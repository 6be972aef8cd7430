// SPDX-License-Identifier: GPL-2.0
// Each small entry says that it was written.
//
// Class: 22, dirty invented on a split
// Killed by: directed split
// File: large.c

@@
@@
 dirtylog_split(...)
 {
 <...
-	return large & ~DIRTYLOG_ENTRY_WRITTEN;
+	return large;
 ...>
 }
