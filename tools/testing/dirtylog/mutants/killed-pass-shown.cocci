// SPDX-License-Identifier: GPL-2.0
// A harvest that is killed among its batches shows what it has not armed.
//
// Class: rule 10, a signal
// Killed by: directed killed_under_lock
// File: protect.c

@@
@@
 protect_batches(...)
 {
 <...
-	ret = -EINTR;
 ...>
 }
