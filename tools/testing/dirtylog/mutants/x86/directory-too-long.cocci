// SPDX-License-Identifier: GPL-2.0
// A directory is taken to map all that comes behind it.
//
// Class: a table that is kept for too long
// Killed by: selftest t dirtylog/kvm_base
// File: arch/x86/kvm/mmu/dirtylog.c

@@
@@
 tdp_find_table(...)
 {
 <...
-	if (gfn >= walk->dir_end)
+	if (!walk->dir_end)
 		tdp_find_dir(...);
 ...>
 }
