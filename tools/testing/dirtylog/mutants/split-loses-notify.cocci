// SPDX-License-Identifier: GPL-2.0
// Small entries do not notify, though the large one did.
//
// Class: 24, notification lost on a split
// Killed by: directed split
// File: large.c

@@
@@
 dirtylog_split(...)
 {
 <...
-	large & ~DIRTYLOG_ENTRY_WRITTEN
+	large & DIRTYLOG_ENTRY_WRITABLE
 ...>
 }
