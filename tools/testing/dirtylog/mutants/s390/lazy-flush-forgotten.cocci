// SPDX-License-Identifier: GPL-2.0
// What a CPU flushes lazily is not flushed by a pass.
//
// Class: rule 6, flush although nothing was changed
// Killed by: kunit gmap_dirtylog
// File: arch/s390/mm/gmap_dirtylog.c

@@
@@
 gmap_dirtylog_flush(...)
 {
-	__tlb_flush_mm_lazy(...);
 }
