// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest.h"

#define CODE_GPA	0x1000UL

static int kvm_fd;
static int run_size;

/*
 * mov ax, 0xffff; mov ds, ax; mov di, 0x10; next page: inc byte [di];
 * add di, 0x1000; cmp di, GUEST_PAGES * 0x1000 + 0x10; jb; out 0x10, al; jmp
 */
static const uint8_t code[] = {
	0xb8, 0xff, 0xff, 0x8e, 0xd8,
	0xbf, 0x10, 0x00,
	0xfe, 0x05,
	0x81, 0xc7, 0x00, 0x10,
	0x81, 0xff, 0x10, (GUEST_PAGES * 0x10) & 0xff,
	0x72, 0xf4,
	0xe6, 0x10,
	0xeb, 0xed,
};

static void die(const char *what)
{
	ksft_exit_fail_msg("%s: %s\n", what, strerror(errno));
}

static int errno_of(int ret)
{
	return ret < 0 ? errno : 0;
}

void guest_open(void)
{
	kvm_fd = open("/dev/kvm", O_RDWR);
	if (kvm_fd < 0)
		ksft_exit_skip("/dev/kvm: %s\n", strerror(errno));
	run_size = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
}

void *guest_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

int guest_set_slot(struct guest *guest, int slot, uint64_t gpa, void *mem,
		   size_t size, uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)mem,
	};

	return errno_of(ioctl(guest->vm, KVM_SET_USER_MEMORY_REGION, &region));
}

static void make_vcpu(struct guest *guest)
{
	struct kvm_regs regs = { .rip = 0, .rflags = 2 };
	struct kvm_sregs sregs;

	guest->vcpu = ioctl(guest->vm, KVM_CREATE_VCPU, 0);
	if (guest->vcpu < 0)
		die("KVM_CREATE_VCPU");
	guest->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  guest->vcpu, 0);
	if (guest->run == MAP_FAILED)
		die("struct kvm_run");
	memset(&sregs, 0, sizeof(sregs));
	if (ioctl(guest->vcpu, KVM_GET_SREGS, &sregs))
		die("KVM_GET_SREGS");
	sregs.cs.base = CODE_GPA;
	sregs.cs.selector = CODE_GPA >> 4;
	if (ioctl(guest->vcpu, KVM_SET_SREGS, &sregs) ||
	    ioctl(guest->vcpu, KVM_SET_REGS, &regs))
		die("registers");
}

void guest_make(struct guest *guest, uint64_t gpa, void *mem, size_t size,
		uint32_t flags)
{
	guest->vm = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (guest->vm < 0)
		die("KVM_CREATE_VM");
	/* Intel without unrestricted guest needs a TSS to emulate real mode. */
	ioctl(guest->vm, KVM_SET_TSS_ADDR, 0xfffbd000);

	if (gpa) {
		void *text = guest_map(PAGE);

		memcpy(text, code, sizeof(code));
		if (guest_set_slot(guest, CODE_SLOT, CODE_GPA, text, PAGE, 0))
			die("code slot");
	} else {
		memcpy((char *)mem + CODE_GPA, code, sizeof(code));
	}
	if (guest_set_slot(guest, DATA_SLOT, gpa, mem, size, flags))
		die("data slot");
	make_vcpu(guest);
}

void guest_free(struct guest *guest)
{
	munmap(guest->run, run_size);
	close(guest->vcpu);
	close(guest->vm);
}

void guest_run(struct guest *guest)
{
	if (ioctl(guest->vcpu, KVM_RUN, 0) ||
	    guest->run->exit_reason != KVM_EXIT_IO) {
		ksft_print_msg("exit reason %d\n", guest->run->exit_reason);
		die("KVM_RUN");
	}
}

int guest_get(struct guest *guest, uint32_t slot, void *to)
{
	struct kvm_dirty_log log = { .slot = slot, .dirty_bitmap = to };

	return errno_of(ioctl(guest->vm, KVM_GET_DIRTY_LOG, &log));
}

int guest_clear(struct guest *guest, uint32_t slot, uint64_t first, uint32_t nr,
		void *from)
{
	struct kvm_clear_dirty_log log = {
		.slot = slot,
		.first_page = first,
		.num_pages = nr,
		.dirty_bitmap = from,
	};

	return errno_of(ioctl(guest->vm, KVM_CLEAR_DIRTY_LOG, &log));
}

int guest_manual_protect(struct guest *guest, uint64_t flags)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		.args[0] = flags,
	};

	return errno_of(ioctl(guest->vm, KVM_ENABLE_CAP, &cap));
}
