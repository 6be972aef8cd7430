// SPDX-License-Identifier: GPL-2.0
// Of a batch of rmaps, a last word that is not whole is left out.
//
// Class: 13, the last word of a batch
// Killed by: selftest n dirtylog/kvm_base
// File: arch/x86/kvm/mmu/mmu.c

@@
expression nr;
@@
 kvm_rmap_dirtylog_wrprot(...)
 {
 ...
-	BITS_TO_LONGS(nr)
+	(nr / BITS_PER_LONG)
 ...
 }
