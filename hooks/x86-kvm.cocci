// SPDX-License-Identifier: GPL-2.0
// x86 KVM: starting to log goes through the log, and what protected 64 pages at a
// time is not built.

// file: arch/x86/kvm/mmu/mmu.c

@no_write_protect_masked@
@@
+#ifndef CONFIG_KVM_DIRTYLOG
 static void kvm_mmu_write_protect_pt_masked(...)
 {
 ...
 }

@no_enable_masked@
@@
 void kvm_arch_mmu_enable_log_dirty_pt_masked(...)
 {
 ...
 }
+#endif

// file: arch/x86/kvm/mmu/tdp_mmu.c

@no_clear_dirty_masked@
@@
+#ifndef CONFIG_KVM_DIRTYLOG
 static void clear_dirty_pt_masked(...)
 {
 ...
 }

@no_tdp_clear_dirty_masked@
@@
 void kvm_tdp_mmu_clear_dirty_pt_masked(...)
 {
 ...
 }
+#endif

// file: arch/x86/kvm/x86.c

@includes@
@@
 #include <linux/kvm_host.h>
+#include <linux/kvm_dirtylog.h>

@arm@
identifier kvm, new;
@@
 kvm_mmu_slot_apply_flags(...)
 {
 <+...
 	if (!log_dirty_pages) {
 		...
 	} else {
+#ifdef CONFIG_KVM_DIRTYLOG
+		/* The log knows how it has started. */
+		kvm_dirtylog_arm(kvm, new);
+#else
 		if (kvm_dirty_log_manual_protect_and_init_set(kvm))
 			return;
 		if (READ_ONCE(eager_page_split))
 			kvm_mmu_slot_try_split_huge_pages(kvm, new, PG_LEVEL_4K);
 		if (kvm_x86_ops.cpu_dirty_log_size) {
 			...
 		} else {
 			...
 		}
 		kvm_flush_remote_tlbs_memslot(kvm, new);
+#endif
 	}
 ...+>
 }
