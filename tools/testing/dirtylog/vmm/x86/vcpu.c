// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU in flat 32-bit protected mode.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "precopy.h"

/* Intel without unrestricted guest wants these; the guest never looks there */
#define IDENTITY_MAP	0xfffbc000ULL
#define TSS_ADDR	0xfffbd000UL

#define CR0_PE		BIT(0)
#define CR0_ET		BIT(4)
#define CR0_NE		BIT(5)

void arch_check(const struct options *opt)
{
	(void)opt;
}

void arch_vm_create(struct vm *vm)
{
	u64 identity = IDENTITY_MAP;

	if (ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity))
		die(EXIT_DIFFERS, "KVM_SET_IDENTITY_MAP_ADDR: %s", strerror(errno));
	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, TSS_ADDR))
		die(EXIT_DIFFERS, "KVM_SET_TSS_ADDR: %s", strerror(errno));
}

static void flat_segment(struct kvm_segment *seg, u8 type)
{
	*seg = (struct kvm_segment) {
		.limit = 0xffffffff,
		.selector = type == 0xb ? 0x8 : 0x10,
		.type = type,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
}

void arch_vcpu_create(struct vcpu *vcpu, const struct start *start)
{
	struct kvm_regs regs = {
		.rip = GUEST_CODE,
		.rflags = 2,
		.rsi = start->random,
		.rdi = start->data,
		.rbx = start->cursor,
		.rbp = start->line,
	};
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		die(EXIT_DIFFERS, "KVM_GET_SREGS: %s", strerror(errno));
	flat_segment(&sregs.cs, 0xb);
	flat_segment(&sregs.ds, 0x3);
	sregs.es = sregs.ds;
	sregs.fs = sregs.ds;
	sregs.gs = sregs.ds;
	sregs.ss = sregs.ds;
	sregs.cr0 = CR0_PE | CR0_ET | CR0_NE;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs))
		die(EXIT_DIFFERS, "KVM_SET_SREGS: %s", strerror(errno));
	if (ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		die(EXIT_DIFFERS, "KVM_SET_REGS: %s", strerror(errno));
}

/* The guest needs nothing of the VMM */
bool arch_vcpu_exit(struct vcpu *vcpu)
{
	(void)vcpu;
	return false;
}

u64 arch_vcpu_pc(struct vcpu *vcpu)
{
	struct kvm_regs regs = { 0 };

	ioctl(vcpu->fd, KVM_GET_REGS, &regs);
	return regs.rip;
}
