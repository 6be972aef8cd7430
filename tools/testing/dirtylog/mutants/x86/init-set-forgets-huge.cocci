// SPDX-License-Identifier: GPL-2.0
// What starts all dirty is taken to have no writable huge entries.
//
// Class: 14, the whole huge page becomes writable
// Killed by: selftest s dirtylog/kvm_init_set
// File: virt/kvm/dirtylog.c

@@
@@
 kvm_dirtylog_start(...)
 {
 <...
-		kd->huge_writable = exist;
 ...>
 }
