// SPDX-License-Identifier: GPL-2.0
// The page table of a gfn is taken to map what comes behind it.
//
// Class: a table that is kept for too long
// Killed by: selftest t dirtylog/kvm_base
// File: arch/x86/kvm/mmu/dirtylog.c

@@
expression E;
@@
 tdp_protect_root(...)
 {
 <...
-				next_table = ALIGN(E, SPTE_ENT_PER_PAGE);
+				next_table = ALIGN(E, 2 * SPTE_ENT_PER_PAGE);
 ...>
 }
