// SPDX-License-Identifier: GPL-2.0
// Test-only: KVM_RUN on a machine without SIE (CONFIG_DIRTYLOG_S390_SOFT_SIE). Fits
// a kernel without all other hooks too, to compare with.

// file: arch/s390/include/asm/kvm_host.h

@vcpu_has_soft_gmap@
@@
 struct kvm_vcpu_arch {
 	...
 	struct gmap *gmap;
+#ifdef CONFIG_DIRTYLOG_S390_SOFT_SIE
+	/* The shadow that the guest runs on, while it has DAT on. */
+	struct gmap *soft_sie_gmap;
+#endif
 	...
 };

// file: arch/s390/kvm/kvm-s390.c

@soft_sie_include@
@@
 #include "gaccess.h"
+#include "soft_sie.h"

@soft_sie_vm@
identifier kvm, type;
@@
 kvm_arch_init_vm(struct kvm *kvm, unsigned long type)
 {
 <+...
+	soft_sie_init_vm(kvm);
 	KVM_EVENT(3, "vm 0x%p created by pid %u", ...);
 ...+>
 }

@soft_sie_run@
identifier vcpu, rc, exit_reason;
@@
 __vcpu_run(struct kvm_vcpu *vcpu)
 {
 <+...
 		rc = vcpu_pre_run(vcpu);
+		if (!rc)
+			rc = soft_sie_prepare(vcpu);
 ...+>
 }

@soft_sie_enter@
identifier vcpu;
@@
 __vcpu_run(struct kvm_vcpu *vcpu)
 {
 <+...
-	gmap_get_enabled()->asce
+	soft_sie_asce(vcpu)
 ...+>
 }

@soft_sie_leave@
identifier vcpu, rc, exit_reason;
@@
 __vcpu_run(struct kvm_vcpu *vcpu)
 {
 <+...
-		rc = vcpu_post_run(vcpu, exit_reason);
+		rc = soft_sie_finish(vcpu);
+		if (!rc)
+			rc = vcpu_post_run(vcpu, exit_reason);
 ...+>
 }
