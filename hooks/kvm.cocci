// SPDX-License-Identifier: GPL-2.0
// KVM: a memslot that logs points to a log of lib/dirtylog, not to a bitmap.

// file: include/linux/kvm_host.h

@slot_has_a_log@
@@
struct kvm_memory_slot {
...
+#ifdef CONFIG_KVM_DIRTYLOG
+	struct kvm_dirtylog *dirtylog;
+#else
	unsigned long *dirty_bitmap;
+#endif
...
};

@no_bitmap_size@
@@
+#ifndef CONFIG_KVM_DIRTYLOG
 static inline unsigned long kvm_dirty_bitmap_bytes(...)
 {
 ...
 }

@no_second_bitmap@
@@
 static inline unsigned long *kvm_second_dirty_bitmap(...)
 {
 ...
 }
+#endif

// file: virt/kvm/kvm_main.c

@includes@
@@
 #include <linux/kvm_host.h>
+#include <linux/kvm_dirtylog.h>

@destroy@
identifier memslot;
@@
 kvm_destroy_dirty_bitmap(struct kvm_memory_slot *memslot)
 {
+#ifdef CONFIG_KVM_DIRTYLOG
+	kvm_dirtylog_free(memslot);
+#else
 	if (!memslot->dirty_bitmap)
 		return;
 	vfree(memslot->dirty_bitmap);
 	memslot->dirty_bitmap = NULL;
+#endif
 }

@no_alloc@
@@
+#ifndef CONFIG_KVM_DIRTYLOG
 static int kvm_alloc_dirty_bitmap(...)
 {
 ...
 }
+#endif

@prepare@
identifier kvm, old, new, change, r;
@@
 kvm_prepare_memory_region(...)
 {
 	int r;
+#ifdef CONFIG_KVM_DIRTYLOG
+	r = kvm_dirtylog_prepare(kvm, old, new, change);
+	if (r)
+		return r;
+#else
 	if (change != KVM_MR_DELETE) {
 		...
 	}
+#endif
 	r = kvm_arch_prepare_memory_region(kvm, old, new, change);
+#ifdef CONFIG_KVM_DIRTYLOG
+	kvm_dirtylog_prepared(old, new, r);
+#else
 	if (r && new && new->dirty_bitmap && (!old || !old->dirty_bitmap))
 		kvm_destroy_dirty_bitmap(new);
+#endif
 	return r;
 }

@commit@
identifier old, new;
@@
 kvm_commit_memory_region(...)
 {
 <+...
+#ifdef CONFIG_KVM_DIRTYLOG
+		kvm_dirtylog_commit(old, new);
+#else
 		if (old->dirty_bitmap && !new->dirty_bitmap)
 			kvm_destroy_dirty_bitmap(old);
+#endif
 ...+>
 }

@copy@
identifier dest, src;
@@
 kvm_copy_memslot(...)
 {
 <+...
+#ifdef CONFIG_KVM_DIRTYLOG
+	dest->dirtylog = src->dirtylog;
+#else
 	dest->dirty_bitmap = src->dirty_bitmap;
+#endif
 ...+>
 }

@no_get_protect@
@@
+#ifndef CONFIG_KVM_DIRTYLOG
 static int kvm_get_dirty_log_protect(...)
 {
 ...
 }
+#endif

@get@
expression r, kvm, log;
@@
 kvm_vm_ioctl_get_dirty_log(...)
 {
 <+...
+#ifdef CONFIG_KVM_DIRTYLOG
+	r = kvm_dirtylog_get(kvm, log);
+#else
 	r = kvm_get_dirty_log_protect(kvm, log);
+#endif
 ...+>
 }

@no_clear_protect@
@@
+#ifndef CONFIG_KVM_DIRTYLOG
 static int kvm_clear_dirty_log_protect(...)
 {
 ...
 }
+#endif

@clear@
expression r, kvm, log;
@@
 kvm_vm_ioctl_clear_dirty_log(...)
 {
 <+...
+#ifdef CONFIG_KVM_DIRTYLOG
+	r = kvm_dirtylog_clear(kvm, log);
+#else
 	r = kvm_clear_dirty_log_protect(kvm, log);
+#endif
 ...+>
 }

@mark@
identifier kvm, vcpu, memslot, slot, rel_gfn;
@@
 mark_page_dirty_in_slot(...)
 {
 <+...
+#ifdef CONFIG_KVM_DIRTYLOG
+		kvm_dirtylog_mark(kvm, vcpu, memslot, slot, rel_gfn);
+#else
 		if (kvm->dirty_ring_size && vcpu)
 			kvm_dirty_ring_push(vcpu, slot, rel_gfn);
 		else if (memslot->dirty_bitmap)
 			set_bit_le(rel_gfn, memslot->dirty_bitmap);
+#endif
 ...+>
 }

@halfway@
identifier f =~ "^(__kvm_write_guest_page|kvm_write_guest_offset_cached)$";
expression r, kvm, memslot, gfn;
@@
 f(...)
 {
 <+...
 	r = __copy_to_user(...);
-	if (r)
+	if (r) {
+#ifdef CONFIG_KVM_DIRTYLOG
+		/* What was stored before it failed is dirty, too. */
+		mark_page_dirty_in_slot(kvm, memslot, gfn);
+#endif
 		return -EFAULT;
+	}
 	mark_page_dirty_in_slot(kvm, memslot, gfn);
 ...+>
 }

// file: virt/kvm/dirty_ring.c

@ring_includes@
@@
 #include <linux/kvm_host.h>
+#include <linux/kvm_dirtylog.h>

@ring_reset@
identifier kvm, memslot, offset, mask;
@@
 kvm_reset_dirty_gfn(...)
 {
 <+...
+#ifdef CONFIG_KVM_DIRTYLOG
+	kvm_dirtylog_reset(kvm, memslot, offset, mask);
+#else
 	KVM_MMU_LOCK(kvm);
 	kvm_arch_mmu_enable_log_dirty_pt_masked(kvm, memslot, offset, mask);
 	KVM_MMU_UNLOCK(kvm);
+#endif
 ...+>
 }
