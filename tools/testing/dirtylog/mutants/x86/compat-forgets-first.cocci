// SPDX-License-Identifier: GPL-2.0
// CLEAR of a 32-bit VMM begins at the slot, not at the first page named.
//
// Class: 19, an offset that is ignored
// Killed by: selftest t dirtylog/kvm_compat
// File: virt/kvm/kvm_main.c

@@
identifier log, compat;
@@
 kvm_vm_compat_ioctl(...)
 {
 <...
-	log.first_page = compat.first_page;
+	log.first_page = 0;
 ...>
 }
