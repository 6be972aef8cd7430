// SPDX-License-Identifier: GPL-2.0
// CLEAR looks at the first MiB of its bitmap only before it begins.
//
// Class: 27, a copy from the user fails
// Killed by: selftest t dirtylog/kvm_bad_input
// File: virt/kvm/dirtylog.c

@@
@@
 fault_in_bitmap(...)
 {
 ...
-	while (size) {
+	if (size) {
 	...
 	}
 	return 0;
 }
