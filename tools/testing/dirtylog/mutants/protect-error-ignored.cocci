// SPDX-License-Identifier: GPL-2.0
// A harvest shows what it could not arm.
//
// Class: rule 4, protect, then show
// Killed by: directed protect_fails
// File: pass.c

@@
expression list E;
@@
 show_pass(...)
 {
 <...
-	ret = dirtylog_protect_chunk(E);
+	dirtylog_protect_chunk(E);
 ...>
 }
