// SPDX-License-Identifier: GPL-2.0
// A VM whose page tables are its own has a dirty log.
//
// Class: a log of nobody
// Killed by: selftest g dirtylog/s390_log
// File: arch/s390/kvm/dirtylog.c

@@
expression kvm;
@@
 kvm_arch_dirtylog_check(...)
 {
-	return kvm_is_ucontrol(kvm) ? -EINVAL : 0;
+	return 0;
 }
