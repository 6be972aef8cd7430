// SPDX-License-Identifier: GPL-2.0
// Logging of a slot that has writable entries starts without arming them.
//
// Class: rule 1, attach, then arm
// Killed by: selftest t dirtylog/kvm_slots
// File: virt/kvm/dirtylog.c

@@
identifier change;
@@
 kvm_dirtylog_start(..., enum kvm_mr_change change)
 {
 ...
-	bool exist = (change == KVM_MR_FLAGS_ONLY ||
+	bool exist = (
 		      !kvm_arch_dirtylog_new_is_armed) && ...;
 ...
 }
