// SPDX-License-Identifier: GPL-2.0
// s390 KVM: the dirty log is the library's, and the CMMA migration bitmap, which
// was the second half of the old one, its own.

// file: arch/s390/include/asm/kvm_host.h

@slot_has_cmma@
@@
 struct kvm_arch_memory_slot {
+#ifdef CONFIG_KVM_DIRTYLOG
+	unsigned long *cmma_dirty;
+#endif
 };

// file: arch/s390/kvm/interrupt.c

@includes@
@@
 #include <asm/gmap.h>
+#include <asm/gmap_dirtylog.h>

@indicator@
identifier kvm, adapter_int;
@@
 adapter_indicators_set(...)
 {
 <+...
+#ifdef CONFIG_KVM_DIRTYLOG
+	/* A host address: it has no gfn for mark_page_dirty(). */
+	gmap_dirtylog_mark_written(kvm->mm, adapter_int->ind_addr);
+#else
 	mark_page_dirty(kvm, adapter_int->ind_addr >> PAGE_SHIFT);
+#endif
 ...+>
 }

@summary@
identifier kvm, adapter_int;
@@
 adapter_indicators_set(...)
 {
 <+...
+#ifdef CONFIG_KVM_DIRTYLOG
+	gmap_dirtylog_mark_written(kvm->mm, adapter_int->summary_addr);
+#else
 	mark_page_dirty(kvm, adapter_int->summary_addr >> PAGE_SHIFT);
+#endif
 ...+>
 }

// file: arch/s390/kvm/priv.c

@essa@
identifier ms;
@@
 __do_essa(...)
 {
 <+...
-	kvm_second_dirty_bitmap(ms)
+	kvm_s390_cmma_dirty(ms)
 ...+>
 }

// file: arch/s390/kvm/kvm-s390.c

@kvm_includes@
@@
 #include <linux/kvm_host.h>
+#include <linux/kvm_dirtylog.h>

@next_dirty_cmma@
identifier ms;
@@
 kvm_s390_next_dirty_cmma(...)
 {
 <+...
-	kvm_second_dirty_bitmap(ms)
+	kvm_s390_cmma_dirty(ms)
 ...+>
 }

@get_cmma@
identifier ms;
@@
 kvm_s390_get_cmma(...)
 {
 <+...
-	kvm_second_dirty_bitmap(ms)
+	kvm_s390_cmma_dirty(ms)
 ...+>
 }

@commit@
identifier kvm, old, new, change, rc;
@@
 kvm_arch_commit_memory_region(struct kvm *kvm,
			       struct kvm_memory_slot *old,
			       const struct kvm_memory_slot *new,
			       enum kvm_mr_change change)
 {
 int rc = 0;
 ...
+#ifdef CONFIG_KVM_DIRTYLOG
+	kvm_s390_cmma_commit(old, new, change);
+	if (new && new->dirtylog)
+		kvm_dirtylog_arm(kvm, new);
+#endif
 if (rc)
 	pr_warn(...);
 ...
 }
