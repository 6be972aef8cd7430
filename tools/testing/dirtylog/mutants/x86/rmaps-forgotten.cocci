// SPDX-License-Identifier: GPL-2.0
// With the TDP MMU, what a guest's guest has mapped by rmaps is not protected.
//
// Class: 3, a page mapped twice
// Killed by: selftest t dirtylog/kvm_nested
// File: arch/x86/kvm/mmu/dirtylog.c

@@
@@
 kvm_x86_dirtylog_protect(...)
 {
 ...
-	if (kvm_memslots_have_rmaps(kvm))
+	if (!tdp_mmu_enabled)
 		rmap_protect(...);
 ...
 }
