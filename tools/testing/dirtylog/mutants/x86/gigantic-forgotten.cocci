// SPDX-License-Identifier: GPL-2.0
// An SPTE of 1G of the TDP MMU is not protected.
//
// Class: 14, the whole huge page stays writable
// Killed by: selftest t dirtylog/kvm_init_set -g
// File: arch/x86/kvm/mmu/dirtylog.c

@@
@@
 tdp_find_dir(...)
 {
 <...
-	tdp_protect_spte(...);
 ...>
 }
