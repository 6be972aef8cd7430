// SPDX-License-Identifier: GPL-2.0
// Migration starts with a CMMA bitmap that is clean.
//
// Class: a log that starts clean
// Killed by: selftest g dirtylog/s390_cmma
// File: arch/s390/kvm/dirtylog.c

@@
@@
 kvm_s390_cmma_start(...)
 {
 ...
-	bitmap_set(...);
 ...
 }
