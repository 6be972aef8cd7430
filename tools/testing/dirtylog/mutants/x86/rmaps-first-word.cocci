// SPDX-License-Identifier: GPL-2.0
// Of a batch of rmaps, a last word that is not whole is left out.
//
// Class: 13, the last word of a batch
// Killed by: selftest n dirtylog/kvm_base
// File: arch/x86/kvm/mmu/dirtylog.c

@@
@@
 rmap_protect(...)
 {
 <...
-	BITS_TO_LONGS(batch->nr)
+	(batch->nr / BITS_PER_LONG)
 ...>
 }
