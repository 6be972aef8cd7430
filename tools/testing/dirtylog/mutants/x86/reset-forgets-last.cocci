// SPDX-License-Identifier: GPL-2.0
// A reset forgets what it has coalesced when there are no more entries.
//
// Class: rule 1, taken and not armed
// Killed by: selftest t dirtylog/kvm_ring_reset
// File: virt/kvm/dirty_ring.c

@@
@@
 kvm_dirty_ring_reset(...)
 {
 ...
 while (true) { ... }
-	kvm_reset_dirty_gfn(...);
 ...
}
