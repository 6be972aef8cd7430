// SPDX-License-Identifier: GPL-2.0
// Huge entries of rmaps are not protected.
//
// Class: 14, the whole huge page stays writable
// Killed by: selftest s dirtylog/kvm_init_set
// File: arch/x86/kvm/mmu/dirtylog.c

@@
identifier huge;
@@
 rmap_protect(..., bool huge)
 {
 ...
-	for (level = PG_LEVEL_2M; huge && ...; level++)
+	for (level = PG_LEVEL_2M; !huge && level <= KVM_MAX_HUGEPAGE_LEVEL; level++)
 	{ ... }
 ...
 }
