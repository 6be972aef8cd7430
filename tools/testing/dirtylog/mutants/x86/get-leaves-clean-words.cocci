// SPDX-License-Identifier: GPL-2.0
// GET writes words with dirty pages only, and leaves what was in the others.
//
// Class: 27, what is shown is all of it
// Killed by: selftest t dirtylog/kvm_base
// File: virt/kvm/dirtylog.c

@@
identifier r;
@@
 show_user(...)
 {
 ...
-	r = user_clear_to(...);
+	r = 0;
 ...
 }
