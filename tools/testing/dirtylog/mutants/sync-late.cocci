// SPDX-License-Identifier: GPL-2.0
// A pass asks for what hardware has buffered when it has looked.
//
// Class: rule 7, what a hardware list has
// Killed by: directed sync_first
// File: pass.c

@@
expression list E;
@@
 show_pass(...)
 {
 ...
-	pass_sync(E);
 ...
+	pass_sync(E);
 	pass_end(...);
 ...
 }
