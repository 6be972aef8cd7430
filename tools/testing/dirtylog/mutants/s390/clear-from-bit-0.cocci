// SPDX-License-Identifier: GPL-2.0
// The bitmap of CLEAR is taken to begin at the slot, not at the first page named.
//
// Class: 19, offset of the bitmap ignored
// Killed by: selftest g dirtylog/s390_clear
// File: virt/kvm/dirtylog.c

@@
identifier user, page;
@@
 user_bits(const struct user_bitmap *user, unsigned long page)
 {
-	return user->bitmap + (page - user->first) / BITS_PER_BYTE;
+	return user->bitmap + page / BITS_PER_BYTE;
 }
