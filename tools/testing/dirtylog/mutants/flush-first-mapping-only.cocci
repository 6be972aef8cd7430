// SPDX-License-Identifier: GPL-2.0
// One mapping is flushed.
//
// Class: 3, a page mapped twice
// Killed by: directed two_mappings
// File: protect.c

@@
@@
 dirtylog_flush_mappings(...)
 {
 <...
-	mapping->ops->flush(mapping, owner);
+	{
+		mapping->ops->flush(mapping, owner);
+		break;
+	}
 ...>
 }
