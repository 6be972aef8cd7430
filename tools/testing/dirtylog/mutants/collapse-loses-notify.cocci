// SPDX-License-Identifier: GPL-2.0
// The large entry does not notify, though a small one did.
//
// Class: 24, notification lost
// Killed by: directed collapse
// File: large.c

@@
@@
 dirtylog_collapse_entry(...)
 {
 <...
-	collapse->any |= small;
 ...>
 }
