// SPDX-License-Identifier: GPL-2.0
// Of a large bitmap, GET clears a MiB.
//
// Class: 27, what is shown is all of it
// Killed by: selftest t dirtylog/kvm_memcg
// File: virt/kvm/dirtylog.c

@@
expression A, B;
@@
 user_clear_to(...)
 {
-	while (A < B) {
+	if (A < B) {
 	...
 	}
 	return 0;
 }
