// SPDX-License-Identifier: GPL-2.0
// The reset of a ring does not protect what was collected.
//
// Class: rule 1, taken and not armed
// Killed by: selftest t dirtylog/kvm_ring_reset
// File: virt/kvm/dirtylog.c

@@
@@
 kvm_dirtylog_reset(...)
 {
 ...
-	if (slot->dirtylog)
-		WARN_ON_ONCE(dirtylog_protect(...));
 }
