// SPDX-License-Identifier: GPL-2.0
// GET leaves what was in the words behind the last dirty page.
//
// Class: 27, what is shown is all of it
// Killed by: selftest t dirtylog/kvm_base
// File: virt/kvm/dirtylog.c

@@
identifier r;
@@
 kvm_dirtylog_get(...)
 {
 ...
-	if (!r)
-		r = user_clear_to(...);
 ...
 }
