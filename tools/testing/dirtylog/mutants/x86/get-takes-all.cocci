// SPDX-License-Identifier: GPL-2.0
// GET takes what is dirty when it has shown what was.
//
// Class: 28, what came meanwhile is taken as well
// Killed by: selftest t dirtylog/kvm_yield
// File: virt/kvm/dirtylog.c

@@
@@
+static int all_ones(void *data, unsigned long first, unsigned long nr,
+		    unsigned long *bits)
+{
+	memset(bits, 0xff, nr / BITS_PER_BYTE);
+	return 0;
+}
+
 int kvm_dirtylog_get(...)
 {
 <...
-	pass.source = read_user;
+	pass.source = all_ones;
 ...>
 }
