// SPDX-License-Identifier: GPL-2.0
// The batch before which the lock was dropped is left out.
//
// Class: rule 1, taken and not armed
// Killed by: directed contended
// File: protect.c

@@
@@
 protect_batches(...)
 {
 <...
 	held = 0;
+	continue;
 ...>
 }
