// SPDX-License-Identifier: GPL-2.0
// GET fails, and what it has taken is gone.
//
// Class: 27, the consumer of a harvest fails
// Killed by: selftest t dirtylog/kvm_bad_input
// File: virt/kvm/dirtylog.c

@@
@@
 kvm_dirtylog_get(...)
 {
 <...
-	dirtylog_mark_range(...);
 ...>
 }
