// SPDX-License-Identifier: GPL-2.0
// Behind a word, rmaps of the page before are protected.
//
// Class: 9, off by one
// Killed by: selftest s dirtylog/kvm_base
// File: arch/x86/kvm/mmu/mmu.c

@@
@@
 kvm_rmap_dirtylog_wrprot(...)
 {
 <...
-	gfn += BITS_PER_LONG
+	gfn += BITS_PER_LONG - 1
 ...>
 }
