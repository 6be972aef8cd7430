// SPDX-License-Identifier: GPL-2.0
// A harvest arms what it finds, and takes the bits then.
//
// Class: 1, protected before the bits are taken
// Killed by: directed write_after_protect
// File: pass.c

@@
expression list E, F;
@@
 show_pass(...)
 {
 <...
(
-	dirtylog_record_scan(record, take ? DIRTYLOG_SCAN_TAKE : DIRTYLOG_SCAN_PEEK, F);
+	dirtylog_record_scan(record, DIRTYLOG_SCAN_PEEK, F);
|
 	ret = dirtylog_protect_chunk(E);
+	if (!ret)
+		dirtylog_record_scan(record, DIRTYLOG_SCAN_TAKE, pass->next, folded,
+				     words, tracker->buf, &chunk);
)
 ...>
 }
