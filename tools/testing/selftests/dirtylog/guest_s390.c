// SPDX-License-Identifier: GPL-2.0
/*
 * The guest on s390: 64-bit mode, DAT off.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define CODE_GPA	0x2000UL
#define PSW_64BIT	0x0000000180000000UL

/* st %r1,0(%r2); agr %r2,%r3; brctg %r4 to the start; no instruction: exit */
static const uint8_t code[] = {
	0x50, 0x10, 0x20, 0x00,
	0xb9, 0x08, 0x00, 0x23,
	0xa7, 0x47, 0xff, 0xfc,
	0x00, 0x00,
};

const size_t guest_align = SEGMENT;
const int guest_exit = KVM_EXIT_S390_SIEIC;

void guest_make_vm(struct guest *guest)
{
	*guest = (struct guest){ .vm = guest_make_typed_vm(0) };
	if (guest_enable_cap(guest, KVM_CAP_S390_USER_INSTR0, 0))
		guest_die("KVM_CAP_S390_USER_INSTR0");
}

/* At 0, where a vCPU has its prefix pages. */
void guest_make_code(struct guest *guest)
{
	static char *text;

	if (!text) {
		text = guest_map(SEGMENT);
		/* Without SIE the host's no-execute bit counts for the guest. */
		if (mprotect(text, SEGMENT, PROT_READ | PROT_WRITE | PROT_EXEC))
			guest_die("mprotect");
		memcpy(text + CODE_GPA, code, sizeof(code));
	}
	if (guest_set_slot(guest, CODE_SLOT, 0, text, SEGMENT, 0))
		guest_die("code slot");
}

void guest_make_vcpu(struct guest *guest)
{
	guest_open_vcpu(guest);
}

void guest_make(struct guest *guest, uint64_t gpa, void *mem, size_t size,
		uint32_t flags)
{
	guest_make_vm(guest);
	guest_make_code(guest);
	if (guest_set_slot(guest, DATA_SLOT, gpa, mem, size, flags))
		guest_die("data slot");
	guest_make_vcpu(guest);
}

void guest_aim(struct guest *guest, uint64_t gpa, uint32_t nr, uint32_t stride,
	       uint32_t value)
{
	struct kvm_run *run = guest->run;

	run->s.regs.gprs[1] = value;
	run->s.regs.gprs[2] = gpa;
	run->s.regs.gprs[3] = stride * PAGE;
	run->s.regs.gprs[4] = nr;
	run->psw_mask = PSW_64BIT;
	run->psw_addr = CODE_GPA;
	run->kvm_dirty_regs = KVM_SYNC_GPRS;
}

int guest_mem_op(struct guest *guest, uint64_t gpa, const void *from, size_t size)
{
	struct kvm_s390_mem_op op = {
		.gaddr = gpa,
		.size = size,
		.op = KVM_S390_MEMOP_ABSOLUTE_WRITE,
		.buf = (uintptr_t)from,
	};

	return ioctl(guest->vm, KVM_S390_MEM_OP, &op) ? errno : 0;
}

int guest_log_host(struct guest *guest)
{
	int r = ENXIO;
#ifdef KVM_S390_VM_MEM_LOG_HOST
	struct kvm_device_attr attr = {
		.group = KVM_S390_VM_MEM_CTRL,
		.attr = KVM_S390_VM_MEM_LOG_HOST,
	};

	r = ioctl(guest->vm, KVM_SET_DEVICE_ATTR, &attr) ? errno : 0;
#endif
	return r;
}

void *guest_map_shared(size_t size, bool huge)
{
	int fd = syscall(SYS_memfd_create, "guest", huge ? MFD_HUGETLB : 0);
	uint8_t *p = guest_map(size);

	if (fd < 0 && huge)
		ksft_exit_skip("no huge pages: %s\n", strerror(errno));
	if (fd < 0 || ftruncate(fd, size))
		guest_die("memfd");
	p = mmap(p, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	if (p == MAP_FAILED)
		guest_die("mmap");
	close(fd);
	return p;
}
