// SPDX-License-Identifier: GPL-2.0
// Behind a word, rmaps of the page before are protected.
//
// Class: 9, off by one
// Killed by: selftest s dirtylog/kvm_base
// File: arch/x86/kvm/mmu/dirtylog.c

@@
expression word;
@@
 rmap_protect(...)
 {
 <...
-	word * BITS_PER_LONG
+	word * (BITS_PER_LONG - 1)
 ...>
 }
