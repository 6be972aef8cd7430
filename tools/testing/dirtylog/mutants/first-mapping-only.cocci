// SPDX-License-Identifier: GPL-2.0
// What is taken is armed in one mapping.
//
// Class: 3, a page mapped twice
// Killed by: directed two_mappings
// File: protect.c

@@
@@
 dirtylog_protect_chunk(...)
 {
 <...
 	ret = protect_batches(...);
-	if (ret)
-		return ret;
+	return ret;
 ...>
 }
