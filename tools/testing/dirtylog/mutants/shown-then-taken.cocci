// SPDX-License-Identifier: GPL-2.0
// A harvest takes the bits when the sink has seen them: what was marked meanwhile is
// taken along.
//
// Class: 28, copied and then zeroed, not exchanged
// Killed by: directed mark_in_sink
// File: pass.c

@@
expression list F;
@@
 show_pass(...)
 {
 <...
(
-	dirtylog_record_scan(record, take ? DIRTYLOG_SCAN_TAKE : DIRTYLOG_SCAN_PEEK, F);
+	dirtylog_record_scan(record, DIRTYLOG_SCAN_PEEK, F);
|
 	ret = pass->sink(...);
+	if (take && ret >= 0)
+		dirtylog_record_scan(record, DIRTYLOG_SCAN_TAKE, pass->next, folded,
+				     words, tracker->buf, &chunk);
)
 ...>
 }
