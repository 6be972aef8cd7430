// SPDX-License-Identifier: GPL-2.0
// An allocation that fails is reported as something else.
//
// Class: an errno that is not clear
// Killed by: selftest g dirtylog/s390_fail
// File: virt/kvm/dirtylog.c

@@
@@
 kvm_dirtylog_prepare(...)
 {
 <...
-	return -ENOMEM;
+	return -EINVAL;
 ...>
 }
