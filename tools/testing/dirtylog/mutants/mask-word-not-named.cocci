// SPDX-License-Identifier: GPL-2.0
// The second word of a mask is not said to have bits.
//
// Class: 19, an offset that is ignored
// Killed by: directed protect_mask
// File: protect.c

@@
@@
 dirtylog_protect(...)
 {
 <...
-	(bits[0] ? BIT(0) : 0) | (bits[1] ? BIT(1) : 0)
+	(bits[0] ? BIT(0) : 0)
 ...>
 }
