// SPDX-License-Identifier: GPL-2.0
// The lock is held for any number of frames.
//
// Class: 16, an unbounded loop under a lock
// Killed by: directed gives_way
// File: protect.c

@@
statement S;
@@
 relax_reasons(...)
 {
 <...
-	if (held + nr > DIRTYLOG_CHUNK_PAGES) S
 ...>
 }
