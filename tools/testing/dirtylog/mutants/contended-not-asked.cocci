// SPDX-License-Identifier: GPL-2.0
// Whoever waits for the lock waits for all batches.
//
// Class: 16, an unbounded loop under a lock
// Killed by: directed contended
// File: protect.c

@@
statement S;
@@
 relax_reasons(...)
 {
 <...
-	if (ops->contended && ops->contended(...)) S
 ...>
 }
