// SPDX-License-Identifier: GPL-2.0
// A slot that moves gets a new log.
//
// Class: 21, dirty lost on remap
// Killed by: selftest t dirtylog/kvm_slots
// File: virt/kvm/dirtylog.c

@@
@@
 kvm_dirtylog_prepare(...)
 {
 ...
-	if (old && old->dirtylog) {
-		new->dirtylog = old->dirtylog;
-		return 0;
-	}
 ...
 }
