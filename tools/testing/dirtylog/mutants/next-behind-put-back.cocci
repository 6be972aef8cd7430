// SPDX-License-Identifier: GPL-2.0
// A reader that goes on where its pass has ended leaves out what was put back.
//
// Class: 27, the consumer of a harvest fails
// Killed by: directed sink_fails_later
// File: pass.c

@@
@@
 show_pass(...)
 {
 <...
-	pass->next = max(chunk.first, pass->next);
+	pass->next = chunk.first + chunk.nr;
 ...>
 }
