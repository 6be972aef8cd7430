// SPDX-License-Identifier: GPL-2.0
// A huge SPTE of the TDP MMU is not protected.
//
// Class: 14, the whole huge page stays writable
// Killed by: selftest t dirtylog/kvm_init_set
// File: arch/x86/kvm/mmu/dirtylog.c

@@
@@
 tdp_find_table(...)
 {
 <...
-	tdp_protect_spte(...);
 ...>
 }
