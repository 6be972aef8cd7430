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

@vm_has_options@
@@
 struct kvm_arch {
 ...
 	int use_skf;
+#ifdef CONFIG_KVM_DIRTYLOG
+	/* See kvm/hpage.c; under kvm->lock. */
+	bool trusts_pgstes;
+	bool log_host;
+#endif
 ...
 };

// file: arch/s390/kvm/gaccess.c

@halfway@
expression rc, mode, kvm, slot, gfn;
@@
 access_guest_page_with_key(...)
 {
 <+...
-	if (rc)
+	if (rc) {
+#ifdef CONFIG_KVM_DIRTYLOG
+		/* What was stored before it failed is dirty, too. */
+		if (mode == GACC_STORE)
+			mark_page_dirty_in_slot(kvm, slot, gfn);
+#endif
 		return PGM_PROTECTION;
+	}
 	if (mode == GACC_STORE)
 		mark_page_dirty_in_slot(kvm, slot, gfn);
 ...+>
 }

// file: arch/s390/kvm/interrupt.c

@includes@
@@
 #include <asm/gmap.h>
+#include <asm/gmap_dirtylog.h>

// file: arch/s390/kvm/priv.c

@essa@
expression nr;
identifier ms;
@@
 __do_essa(...)
 {
 <+...
-	test_and_set_bit(nr, kvm_second_dirty_bitmap(ms))
+	kvm_s390_cmma_test_and_set(ms, nr)
 ...+>
 }

// file: arch/s390/kvm/kvm-s390.c

@kvm_includes@
@@
 #include <linux/kvm_host.h>
+#include <linux/kvm_dirtylog.h>

@next_dirty_cmma@
identifier ms, ofs;
@@
 kvm_s390_next_dirty_cmma(...)
 {
 <+...
-	find_next_bit(kvm_second_dirty_bitmap(ms), ms->npages, ofs)
+	kvm_s390_cmma_next(ms, ms->npages, ofs)
 ...+>
 }

@first_dirty_cmma@
identifier ms;
@@
 kvm_s390_next_dirty_cmma(...)
 {
 <+...
-	find_first_bit(kvm_second_dirty_bitmap(ms), ms->npages)
+	kvm_s390_cmma_first(ms, ms->npages)
 ...+>
 }

@get_cmma@
expression nr;
identifier ms;
@@
 kvm_s390_get_cmma(...)
 {
 <+...
-	test_and_clear_bit(nr, kvm_second_dirty_bitmap(ms))
+	kvm_s390_cmma_test_and_clear(ms, nr)
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

@cmma_claims_pgstes@
identifier kvm;
statement S1, S2;
@@
 kvm_s390_set_mem_control(struct kvm *kvm, ...)
 {
 <+...
 if (kvm->mm->context.allow_gmap_hpage_1m
+	|| !kvm_s390_claim_pgstes(kvm)
 ) S1 else S2
 ...+>
 }

@vcpu_claims_pgstes@
identifier kvm, id;
@@
 kvm_arch_vcpu_precreate(struct kvm *kvm, unsigned int id)
 {
 ...
+	kvm_s390_vcpu_claims_pgstes(kvm);
 return 0;
 }

@pgstes_released@
identifier kvm;
@@
 kvm_arch_destroy_vm(struct kvm *kvm)
 {
 ...
 kvm_s390_vsie_destroy(kvm);
+	kvm_s390_release_pgstes(kvm);
 ...
 }
