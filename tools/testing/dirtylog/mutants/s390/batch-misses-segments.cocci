// SPDX-License-Identifier: GPL-2.0
// Of a batch, the first segment is protected.
//
// Class: 9, the end of a range
// Killed by: kunit gmap_contract_large_host
// File: arch/s390/mm/gmap_dirtylog.c

@@
expression batch, bit, end;
@@
 gmap_dirtylog_protect(...)
 {
 <...
-		end = min(end, batch->nr);
+		end = batch->nr;
 ...>
 }
