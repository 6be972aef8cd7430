// SPDX-License-Identifier: GPL-2.0
// Of huge rmaps, those of 1G are not protected.
//
// Class: 14, the whole huge page stays writable
// Killed by: selftest s dirtylog/kvm_init_set -g
// File: arch/x86/kvm/mmu/dirtylog.c

@@
expression level;
@@
 rmap_protect(...)
 {
 <...
-	level <= KVM_MAX_HUGEPAGE_LEVEL
+	level < KVM_MAX_HUGEPAGE_LEVEL
 ...>
 }
