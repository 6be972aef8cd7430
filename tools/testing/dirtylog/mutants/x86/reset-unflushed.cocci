// SPDX-License-Identifier: GPL-2.0
// The reset of rings does not flush.
//
// Class: 10, no flush
// Killed by: selftest t dirtylog/kvm_flush
// File: virt/kvm/kvm_main.c

@@
@@
 kvm_vm_ioctl_reset_dirty_pages(...)
 {
 <...
-	if (cleared)
-		kvm_flush_remote_tlbs(...);
 ...>
 }
