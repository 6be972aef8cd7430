// SPDX-License-Identifier: GPL-2.0
// The pages of adapter interrupts' indicators are not marked.
//
// Class: 18, writers that are not a vCPU
// Killed by: selftest g dirtylog/s390_writers
// File: arch/s390/kvm/interrupt.c

@@
@@
 adapter_indicators_set(...)
 {
 <...
-	gmap_dirtylog_mark_written(...);
 ...>
 }
