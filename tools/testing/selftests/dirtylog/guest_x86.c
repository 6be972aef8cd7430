// SPDX-License-Identifier: GPL-2.0
/*
 * The guest on x86: flat 32-bit code, paging off.
 */
#include <string.h>
#include <sys/ioctl.h>

#include "../kselftest.h"
#include "guest_x86.h"

#define CODE_GPA	0x1000UL
#define CR0_PE		1

/* next page: mov [edi], eax; add edi, edx; dec ecx; jnz; out 0x10, al */
static const uint8_t code[] = {
	0x89, 0x07,
	0x01, 0xd7,
	0x49,
	0x75, 0xf9,
	0xe6, 0x10,
};

const size_t guest_align = PAGE;
const int guest_exit = KVM_EXIT_IO;

void guest_make_vm(struct guest *guest)
{
	*guest = (struct guest){ .vm = guest_make_typed_vm(0) };
	/* Intel without unrestricted guest needs a TSS to leave paging off. */
	ioctl(guest->vm, KVM_SET_TSS_ADDR, 0xfffbd000);
}

void guest_make_code(struct guest *guest)
{
	void *text = guest_map(PAGE);

	memcpy(text, code, sizeof(code));
	if (guest_set_slot(guest, CODE_SLOT, CODE_GPA, text, PAGE, 0))
		guest_die("code slot");
}

static void flat(struct kvm_segment *seg, uint8_t type)
{
	*seg = (struct kvm_segment) {
		.limit = 0xffffffff,
		.selector = type == 0xb ? 8 : 16,
		.type = type,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
}

void guest_make_vcpu(struct guest *guest)
{
	struct kvm_sregs sregs;

	guest_open_vcpu(guest);
	memset(&sregs, 0, sizeof(sregs));
	if (ioctl(guest->vcpu, KVM_GET_SREGS, &sregs))
		guest_die("KVM_GET_SREGS");
	flat(&sregs.cs, 0xb);
	flat(&sregs.ds, 0x3);
	sregs.es = sregs.ds;
	sregs.fs = sregs.ds;
	sregs.gs = sregs.ds;
	sregs.ss = sregs.ds;
	sregs.cr0 |= CR0_PE;
	if (ioctl(guest->vcpu, KVM_SET_SREGS, &sregs))
		guest_die("KVM_SET_SREGS");
}

void guest_make(struct guest *guest, uint64_t gpa, void *mem, size_t size,
		uint32_t flags)
{
	guest_make_vm(guest);
	if (gpa)
		guest_make_code(guest);
	else
		memcpy((char *)mem + CODE_GPA, code, sizeof(code));
	if (guest_set_slot(guest, DATA_SLOT, gpa, mem, size, flags))
		guest_die("data slot");
	guest_make_vcpu(guest);
}

void guest_aim(struct guest *guest, uint64_t gpa, uint32_t nr, uint32_t stride,
	       uint32_t value)
{
	struct kvm_regs regs = {
		.rip = CODE_GPA,
		.rflags = 2,
		.rax = value,
		.rcx = nr,
		.rdx = stride * PAGE,
		.rdi = gpa,
	};

	if (ioctl(guest->vcpu, KVM_SET_REGS, &regs))
		guest_die("KVM_SET_REGS");
}

bool guest_set_msr(struct guest *guest, uint32_t index, uint64_t value)
{
	struct {
		struct kvm_msrs msrs;
		struct kvm_msr_entry entry;
	} set = {
		.msrs.nmsrs = 1,
		.entry = { .index = index, .data = value },
	};

	return ioctl(guest->vcpu, KVM_SET_MSRS, &set) == 1;
}

void guest_need_huge(struct guest *guest)
{
	if (!guest_stat(guest, "pages_2m"))
		ksft_exit_fail_msg("the guest has huge pages, and KVM no huge mapping\n");
}
