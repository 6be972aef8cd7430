// SPDX-License-Identifier: GPL-2.0
// Of the pages that a reset coalesces, the last one counts.
//
// Class: rule 1, taken and not armed
// Killed by: selftest t dirtylog/kvm_ring_reset
// File: virt/kvm/dirty_ring.c

@@
expression mask, delta;
@@
 kvm_dirty_ring_reset(...)
 {
 <...
-	mask |= 1ull << delta;
+	mask = 1ull << delta;
 ...>
 }
