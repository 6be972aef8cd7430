// SPDX-License-Identifier: GPL-2.0
// The backend flushes nothing.
//
// Class: 10, no flush
// Killed by: selftest t dirtylog/kvm_flush
// File: arch/x86/kvm/mmu/dirtylog.c

@@
@@
 kvm_x86_dirtylog_flush(...)
 {
-	kvm_flush_remote_tlbs_memslot(...);
 }
