// SPDX-License-Identifier: GPL-2.0
// The log outlives the end of logging.
//
// Class: a log of nobody
// Killed by: selftest t dirtylog/kvm_memcg
// File: virt/kvm/dirtylog.c

@@
@@
 kvm_dirtylog_commit(...)
 {
-	if (!new->dirtylog)
-		kvm_dirtylog_free(old);
 }
