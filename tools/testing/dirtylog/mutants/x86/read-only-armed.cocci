// SPDX-License-Identifier: GPL-2.0
// The log of a slot that is read-only waits to be armed, which nobody does.
//
// Class: rule 1, armed in vain
// Killed by: selftest t dirtylog/kvm_readonly
// File: virt/kvm/dirtylog.c

@@
expression E;
@@
 kvm_dirtylog_start(...)
 {
 ...
-	bool exist = E && !(...);
+	bool exist = E;
 ...
 }
