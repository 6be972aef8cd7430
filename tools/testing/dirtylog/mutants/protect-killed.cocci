// SPDX-License-Identifier: GPL-2.0
// Frames of a list that is kept elsewhere are not armed when a signal comes.
//
// Class: rule 10, a signal
// Killed by: directed protect_unkillable
// File: protect.c

@@
expression list E;
@@
 dirtylog_protect(...)
 {
 <...
-	dirtylog_protect_chunk(E, false)
+	dirtylog_protect_chunk(E, true)
 ...>
 }
