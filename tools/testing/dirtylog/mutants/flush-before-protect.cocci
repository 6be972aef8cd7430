// SPDX-License-Identifier: GPL-2.0
// A harvest flushes and protects then.
//
// Class: rule 4, take, protect, flush, then show
// Killed by: directed flush_last
// File: pass.c

@@
expression list E;
@@
 show_pass(...)
 {
 <...
-	flush = true;
+	dirtylog_flush_mappings(log, pass->owner);
 	...
 	ret = dirtylog_protect_chunk(E);
 ...>
 }
