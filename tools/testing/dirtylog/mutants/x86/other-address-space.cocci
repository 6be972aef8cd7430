// SPDX-License-Identifier: GPL-2.0
// Only roots of address space 0 are protected.
//
// Class: 3, shared by two roots
// Killed by: selftest t dirtylog/kvm_smm_slots
// File: arch/x86/kvm/mmu/dirtylog.c

@@
expression root, slot;
@@
 tdp_protect(...)
 {
 <...
-	kvm_mmu_page_as_id(root) == slot->as_id
+	!kvm_mmu_page_as_id(root)
 ...>
 }
