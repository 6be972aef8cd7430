// SPDX-License-Identifier: GPL-2.0
// CLEAR finds out that a part of its bitmap cannot be read when others are done.
//
// Class: 27, a copy from the user fails
// Killed by: selftest t dirtylog/kvm_bad_input
// File: virt/kvm/dirtylog.c

@@
identifier r;
@@
 kvm_dirtylog_clear(...)
 {
 ...
-	r = fault_in_bitmap(...);
+	r = 0;
 ...
 }
