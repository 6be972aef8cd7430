// SPDX-License-Identifier: GPL-2.0
// A sink that reads pages is called before they are armed.
//
// Class: rule 4, take, protect, flush, then show
// Killed by: directed flush_each_chunk
// File: pass.c

@@
@@
 show_pass(...)
 {
 <...
-	if (take) {
+	ret = pass->sink(pass->data, &chunk);
+	if (take && !ret) {
 	...
 	}
-	if (!ret)
-		ret = pass->sink(pass->data, &chunk);
 ...>
 }
