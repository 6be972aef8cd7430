// SPDX-License-Identifier: GPL-2.0
// The last page of a slot is not in the range of its log.
//
// Class: 9, the end of a range
// Killed by: selftest g dirtylog/s390_log
// File: arch/s390/kvm/dirtylog.c

@@
@@
 kvm_arch_dirtylog_start(...)
 {
 ...
-	range->size = slot->npages << PAGE_SHIFT;
+	range->size = (slot->npages - 1) << PAGE_SHIFT;
 ...
 }
