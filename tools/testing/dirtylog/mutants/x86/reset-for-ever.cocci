// SPDX-License-Identifier: GPL-2.0
// A reset goes on as long as userspace feeds it.
//
// Class: 16, a loop that userspace can make unbounded
// Killed by: selftest t dirtylog/kvm_ring_reset
// File: virt/kvm/dirty_ring.c

@@
expression A, B, C;
@@
 kvm_dirty_ring_reset(...)
 {
 <...
-	if (A == B || C)
+	if (C)
 		break;
 ...>
 }
