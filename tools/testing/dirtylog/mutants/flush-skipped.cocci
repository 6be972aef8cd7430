// SPDX-License-Identifier: GPL-2.0
// A harvest trusts that entries which are read-only were flushed.
//
// Class: 10, no flush because nothing was changed
// Killed by: directed flush_read_only
// File: pass.c

@@
@@
 show_pass(...)
 {
 <...
-	flush = true;
 ...>
 }
