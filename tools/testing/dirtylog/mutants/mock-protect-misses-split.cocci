// SPDX-License-Identifier: GPL-2.0
// A large entry is a table by now, and its small ones stay as they are.
//
// Class: 8, what a racing split has made a table
// Killed by: directed split_at_protect
// File: tests/mock_mmu.c

@@
expression E;
@@
 entry_clear(...)
 {
 <...
-	entry != entry_of(E, frame)
+	0
 ...>
 }
