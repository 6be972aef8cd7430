// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU without DAT. It takes I/O interrupts of a subclass of its own, and leaves
 * KVM_RUN to return from them.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "prefix.h"

#define CR6_SUBCLASS(n)		(0x80000000ULL >> (n))
#define ICPT_OPERATION		0x2c

void arch_check(const struct options *opt)
{
	if (opt->huge == HUGE_THP)
		die(EXIT_BAD_INPUT, "--huge=thp: KVM on s390 has pages of 1 MiB from hugetlb only");
}

void arch_vm_create(struct vm *vm)
{
	struct kvm_enable_cap instr0 = { .cap = KVM_CAP_S390_USER_INSTR0 };
	struct kvm_enable_cap hpage = { .cap = KVM_CAP_S390_HPAGE_1M };

	if (ioctl(vm->fd, KVM_ENABLE_CAP, &instr0))
		die(EXIT_BAD_INPUT, "KVM_CAP_S390_USER_INSTR0: %s", strerror(errno));
	if (vm->opt->huge == HUGE_TLB && ioctl(vm->fd, KVM_ENABLE_CAP, &hpage))
		die(EXIT_BAD_INPUT, "KVM_CAP_S390_HPAGE_1M: %s (kvm.hpage=1?)", strerror(errno));
}

static u64 handler(void)
{
	return GUEST_CODE + (guest_interrupted - guest_start);
}

void arch_vcpu_create(struct vcpu *vcpu, const struct start *start)
{
	struct kvm_run *run = vcpu->run;
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		die(EXIT_DIFFERS, "KVM_GET_SREGS: %s", strerror(errno));
	sregs.crs[6] = CR6_SUBCLASS(vcpu->id);
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs))
		die(EXIT_DIFFERS, "KVM_SET_SREGS: %s", strerror(errno));

	*psw_of(vcpu, IO_NEW_PSW) = (struct psw) { PSW_MASK_64BIT, handler() };
	run->s.regs.prefix = prefix_of(vcpu);
	run->s.regs.gprs[2] = start->random;
	run->s.regs.gprs[3] = start->data;
	run->s.regs.gprs[4] = start->cursor;
	run->s.regs.gprs[5] = start->line;
	run->kvm_dirty_regs = KVM_SYNC_PREFIX | KVM_SYNC_GPRS;
	run->psw_mask = PSW_MASK_64BIT | PSW_MASK_IO;
	run->psw_addr = GUEST_CODE;
}

bool arch_vcpu_exit(struct vcpu *vcpu)
{
	const struct psw *old = psw_of(vcpu, IO_OLD_PSW);
	struct kvm_run *run = vcpu->run;

	if (run->exit_reason != KVM_EXIT_S390_SIEIC ||
	    run->s390_sieic.icptcode != ICPT_OPERATION || run->s390_sieic.ipa ||
	    run->psw_addr != handler() + sizeof(short))
		return false;
	run->psw_mask = old->mask;
	run->psw_addr = old->addr;
	kernel_interrupted(vcpu);
	return true;
}

u64 arch_vcpu_pc(struct vcpu *vcpu)
{
	return vcpu->run->psw_addr;
}
