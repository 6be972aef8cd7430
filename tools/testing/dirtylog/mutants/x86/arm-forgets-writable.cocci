// SPDX-License-Identifier: GPL-2.0
// Arming splits and flushes, and protects nothing.
//
// Class: rule 1, attach, then arm
// Killed by: selftest t dirtylog/kvm_slots
// File: arch/x86/kvm/mmu/dirtylog.c

@@
@@
 kvm_x86_dirtylog_arm(...)
 {
 ...
-	kvm_mmu_slot_remove_write_access(...);
 ...
 }
