// SPDX-License-Identifier: GPL-2.0
// The large entry is writable although a small one was not.
//
// Class: 14, the whole huge page becomes writable
// Killed by: directed collapse
// File: large.c

@@
@@
 dirtylog_collapse_entry(...)
 {
 <...
-	collapse->all &= small;
 ...>
 }
