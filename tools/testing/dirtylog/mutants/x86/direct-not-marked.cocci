// SPDX-License-Identifier: GPL-2.0
// What KVM itself writes to guest memory is not logged.
//
// Class: 12, host-side writers
// Killed by: selftest t dirtylog/kvm_kernel_writers
// File: virt/kvm/kvm_main.c

@@
@@
 __kvm_write_guest_page(...)
 {
 ...
-	mark_page_dirty_in_slot(...);
 	return 0;
 }
