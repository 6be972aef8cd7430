// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_RUN on a machine without SIE, for tests.
 *
 * The guest's instructions run on the host's CPU, in supervisor state and with the
 * gmap's tables as primary space (entry.S). Program interruptions end that as they
 * end SIE, by way of PIF_GUEST_FAULT.
 */
#define pr_fmt(fmt) "soft_sie: " fmt

#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/panic.h>
#include <linux/kvm_host.h>
#include <asm/gmap.h>
#include <asm/ptrace.h>
#include <asm/sclp.h>

#include "gaccess.h"
#include "kvm-s390.h"
#include "soft_sie.h"

#define OPCODE_DIAG	0x83
#define OPCODE_ESSA	0xb9ab

/* To read, in tests that run on one CPU. */
unsigned long soft_sie_iptes, soft_sie_idtes;
module_param(soft_sie_iptes, ulong, 0444);
module_param(soft_sie_idtes, ulong, 0444);

static bool soft_sie_hpage;
module_param(soft_sie_hpage, bool, 0444);
MODULE_PARM_DESC(soft_sie_hpage, "give every VM pages of 1M, as KVM_CAP_S390_HPAGE_1M does");

void soft_sie_init_vm(struct kvm *kvm)
{
#ifdef CONFIG_KVM_DIRTYLOG
	if (soft_sie_hpage && !kvm_s390_claim_hpages(kvm))
		pr_warn_once("a VM cannot have pages of 1M\n");
#else
	/* 6.12 has no shadows of them, and no guests with DAT here without. */
	if (soft_sie_hpage)
		pr_warn_once("soft_sie_hpage needs KVM_DIRTYLOG\n");
#endif
}

int soft_sie_prepare(struct kvm_vcpu *vcpu)
{
	struct kvm_s390_sie_block *block = vcpu->arch.sie_block;
	struct gmap *sg;

	/* Left over where KVM_RUN ended before the guest was entered. */
	if (vcpu->arch.soft_sie_gmap)
		gmap_put(vcpu->arch.soft_sie_gmap);
	vcpu->arch.soft_sie_gmap = NULL;
	/* There is no such hardware here: nothing else would notice. */
	if ((block->ecb2 & ECB2_PFMFI) && vcpu->kvm->mm->context.allow_gmap_hpage_1m) {
		pr_warn_once("a vCPU trusts PGSTEs that huge pages have not\n");
		return -EPERM;
	}
	if (!(block->gpsw.mask & PSW_MASK_DAT))
		return 0;
	do {
		sg = gmap_shadow(vcpu->arch.gmap, block->gcr[1], 0);
		cond_resched();
	} while (sg == ERR_PTR(-EAGAIN) && !fatal_signal_pending(current));
	if (IS_ERR(sg))
		return PTR_ERR(sg);
	/* For KVM's notifier, which asks every shadow whose it is. */
	sg->private = vcpu->kvm;
	vcpu->arch.soft_sie_gmap = sg;
	return 0;
}

unsigned long soft_sie_asce(struct kvm_vcpu *vcpu)
{
	struct gmap *sg = vcpu->arch.soft_sie_gmap;

	return sg ? sg->asce : gmap_get_enabled()->asce;
}

/* A fault on the shadow: make the shadow entry, or tell the guest. */
static int fix_shadow(struct kvm_vcpu *vcpu, struct gmap *sg)
{
	unsigned long vaddr = current->thread.gmap_teid.addr * PAGE_SIZE;
	int rc;

	current->thread.gmap_int_code = 0;
	rc = kvm_s390_shadow_fault(vcpu, sg, vaddr, NULL);
	if (rc > 0)
		return kvm_s390_inject_program_int(vcpu, rc);
	/* The shadow has gone: the next one starts from nothing. */
	return rc == -EAGAIN ? 0 : rc;
}

/* DIAGNOSE, of a function that this machine does not have, is intercepted. */
static void intercept_diag(struct kvm_vcpu *vcpu)
{
	struct kvm_s390_sie_block *block = vcpu->arch.sie_block;
	u8 insn[4];

	if (read_guest_instr(vcpu, block->gpsw.addr - 4, insn, sizeof(insn)) ||
	    insn[0] != OPCODE_DIAG)
		return;
	current->thread.gmap_int_code = 0;
	block->icptcode = ICPT_INST;
	block->ipa = insn[0] << 8 | insn[1];
	block->ipb = (insn[2] << 8 | insn[3]) << 16;
}

/*
 * An instruction that there is not: SIE's operation exception, or EXTRACT AND SET
 * STORAGE ATTRIBUTES. This one is intercepted as long as KVM wants to see it, and
 * does nothing afterwards.
 */
static void intercept_operation(struct kvm_vcpu *vcpu)
{
	struct kvm_s390_sie_block *block = vcpu->arch.sie_block;
	unsigned int ilc = current->thread.soft_sie_ilc;
	u8 insn[6] = {};

	if (read_guest_instr(vcpu, block->gpsw.addr - ilc, insn, ilc))
		return;
	current->thread.gmap_int_code = 0;
	block->ipa = insn[0] << 8 | insn[1];
	block->ipb = 0;
	if (block->ipa != OPCODE_ESSA) {
		block->icptcode = ICPT_OPEREXC;
	} else if (!(block->ecb2 & ECB2_CMMA)) {
		block->icptcode = ICPT_INST;
		block->ipb = (insn[2] << 8 | insn[3]) << 16;
	}
}

int soft_sie_finish(struct kvm_vcpu *vcpu)
{
	struct gmap *sg = vcpu->arch.soft_sie_gmap;
	int rc = 0;

	switch (current->thread.gmap_int_code & 0x7f) {
	case 0:
		break;
	case PGM_OPERATION:
		intercept_operation(vcpu);
		break;
	case PGM_SPECIFICATION:
		intercept_diag(vcpu);
		break;
	case PGM_PROTECTION:
		/* It is suppressed; KVM wants it to be done again. */
		vcpu->arch.sie_block->gpsw.addr -= current->thread.soft_sie_ilc;
		fallthrough;
	default:
		if (sg)
			rc = fix_shadow(vcpu, sg);
		break;
	}
	if (sg)
		gmap_put(sg);
	vcpu->arch.soft_sie_gmap = NULL;
	return rc;
}

static bool wanted __initdata;

static int __init soft_sie_param(char *arg)
{
	wanted = true;
	return 0;
}
early_param("soft_sie", soft_sie_param);

/* KVM asks for SIE when it starts. It gets none where there is a real one. */
static int __init soft_sie_init(void)
{
	if (sclp.has_sief2) {
		pr_err("this machine has SIE: no KVM with this kernel, which is for tests\n");
		sclp.has_sief2 = 0;
	} else if (wanted) {
		pr_warn("guests run as part of the kernel: for tests only\n");
		add_taint(TAINT_TEST, LOCKDEP_STILL_OK);
		sclp.has_sief2 = 1;
		sclp.has_cmma = 1;
		sclp.has_skey = 1;
		sclp.has_pfmfi = 1;
	}
	return 0;
}
early_initcall(soft_sie_init);
