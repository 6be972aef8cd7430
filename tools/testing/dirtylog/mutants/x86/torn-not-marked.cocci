// SPDX-License-Identifier: GPL-2.0
// A write of KVM's own that fails halfway is not logged.
//
// Class: 12, host-side writers
// Killed by: selftest t dirtylog/kvm_torn_write
// File: virt/kvm/kvm_main.c

@@
expression r;
@@
 __kvm_write_guest_page(...)
 {
 <...
 	r = __copy_to_user(...);
+	if (r)
+		return -EFAULT;
 ...>
 }
