// SPDX-License-Identifier: GPL-2.0
/*
 * What KVM's dirty-log ioctls do with input that they cannot use: the errno that
 * api.rst names, nothing changed, nothing lost.
 *
 * The guest is a few bytes of real mode code that write to pages of a slot. The
 * slot's size is no multiple of 64, and its bitmap spans two pages of userspace
 * memory, so that the second one can be taken away.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"

#define PAGE		4096UL
#define CODE_GPA	0x1000UL
#define CODE_SLOT	0
#define DATA_SLOT	1
/* A page of bitmap, three words more, and 17 bits of another word. */
#define DATA_PAGES	(8 * PAGE + 3 * 64 + 17)
#define DATA_GPA	0x100000UL
#define BITMAP_BYTES	((DATA_PAGES + 63) / 64 * 8)
/* The guest can reach 64 KiB above 1 MiB in real mode: these pages of the slot. */
#define GUEST_PAGES	15

static int kvm_fd, vm_fd, vcpu_fd;
static struct kvm_run *run;
static uint8_t *bitmap;
static uint8_t *data;

static void die(const char *what)
{
	ksft_exit_fail_msg("%s: %s\n", what, strerror(errno));
}

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

static int set_slot(int slot, uint64_t gpa, uint64_t size, void *mem, int flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)mem,
	};

	return ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
}

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void make_vm(void)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = { .rip = 0, .rflags = 2 };
	uint8_t *text = map(PAGE);
	int size;

	memset(&sregs, 0, sizeof(sregs));
	vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (vm_fd < 0)
		die("KVM_CREATE_VM");
	/* Intel without unrestricted guest needs a TSS to emulate real mode. */
	ioctl(vm_fd, KVM_SET_TSS_ADDR, 0xfffbd000);

	data = map(DATA_PAGES * PAGE);
	memcpy(text, code, sizeof(code));
	if (set_slot(CODE_SLOT, CODE_GPA, PAGE, text, 0) ||
	    set_slot(DATA_SLOT, DATA_GPA, DATA_PAGES * PAGE, data,
		     KVM_MEM_LOG_DIRTY_PAGES))
		die("KVM_SET_USER_MEMORY_REGION");

	vcpu_fd = ioctl(vm_fd, KVM_CREATE_VCPU, 0);
	size = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_fd, 0);
	if (vcpu_fd < 0 || run == MAP_FAILED ||
	    ioctl(vcpu_fd, KVM_GET_SREGS, &sregs))
		die("vCPU");
	sregs.cs.base = CODE_GPA;
	sregs.cs.selector = CODE_GPA >> 4;
	if (ioctl(vcpu_fd, KVM_SET_SREGS, &sregs) ||
	    ioctl(vcpu_fd, KVM_SET_REGS, &regs))
		die("registers");
}

static void free_vm(void)
{
	close(vcpu_fd);
	close(vm_fd);
	munmap(data, DATA_PAGES * PAGE);
}

/* One round of the guest: writes its pages once and exits. */
static void guest_writes(void)
{
	if (ioctl(vcpu_fd, KVM_RUN, 0) || run->exit_reason != KVM_EXIT_IO) {
		ksft_print_msg("exit reason %d\n", run->exit_reason);
		die("KVM_RUN");
	}
}

static int get(uint32_t slot, void *to)
{
	struct kvm_dirty_log log = { .slot = slot, .dirty_bitmap = to };

	return ioctl(vm_fd, KVM_GET_DIRTY_LOG, &log) ? errno : 0;
}

static int clear(uint32_t slot, uint64_t first, uint32_t nr, void *from)
{
	struct kvm_clear_dirty_log log = {
		.slot = slot,
		.first_page = first,
		.num_pages = nr,
		.dirty_bitmap = from,
	};

	return ioctl(vm_fd, KVM_CLEAR_DIRTY_LOG, &log) ? errno : 0;
}

/* Exactly what the guest writes is dirty, or nothing at all. */
static bool reported(bool dirty)
{
	unsigned long i;

	memset(bitmap, 0xff, BITMAP_BYTES);
	if (get(DATA_SLOT, bitmap))
		return false;
	for (i = 0; i < BITMAP_BYTES * 8; i++) {
		bool bit = bitmap[i / 8] >> i % 8 & 1;

		if (bit != (dirty && i < GUEST_PAGES)) {
			ksft_print_msg("page %lu: %s\n", i,
				       bit ? "reported" : "lost");
			return false;
		}
	}
	return true;
}

static void manual_protect(uint64_t flags)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		.args[0] = flags,
	};

	if (ioctl(vm_fd, KVM_ENABLE_CAP, &cap))
		die("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2");
}

static void test_get(void *nowhere)
{
	make_vm();
	ksft_test_result(reported(false), "GET: a new log is clean\n");

	guest_writes();
	ksft_test_result(get(DATA_SLOT, nowhere) == EFAULT,
			 "GET: bad pointer: EFAULT\n");
	ksft_test_result(reported(true), "GET: bad pointer: nothing lost\n");
	ksft_test_result(reported(false), "GET: reported once\n");

	/* The first half of the bitmap can be written, the second cannot. */
	guest_writes();
	mprotect(bitmap + PAGE, PAGE, PROT_NONE);
	ksft_test_result(get(DATA_SLOT, bitmap) == EFAULT,
			 "GET: half a buffer: EFAULT\n");
	mprotect(bitmap + PAGE, PAGE, PROT_READ | PROT_WRITE);
	ksft_test_result(reported(true), "GET: half a buffer: nothing lost\n");

	guest_writes();
	ksft_test_result(reported(true), "GET: pages are armed again\n");

	ksft_test_result(get(DATA_SLOT + 1, bitmap) == ENOENT,
			 "GET: no such slot: ENOENT\n");
	ksft_test_result(get(CODE_SLOT, bitmap) == ENOENT,
			 "GET: slot does not log: ENOENT\n");
	ksft_test_result(get(0x7fff, bitmap) == EINVAL,
			 "GET: slot out of range: EINVAL\n");
	ksft_test_result(get(0x70000 | DATA_SLOT, bitmap) == EINVAL,
			 "GET: no such address space: EINVAL\n");
	free_vm();
}

static void test_clear(void *nowhere)
{
	uint32_t all = DATA_PAGES;

	make_vm();
	manual_protect(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
	guest_writes();
	ksft_test_result(reported(true) && reported(true),
			 "CLEAR: GET alone clears nothing\n");

	ksft_test_result(clear(DATA_SLOT, 0, all, nowhere) == EFAULT,
			 "CLEAR: bad pointer: EFAULT\n");
	ksft_test_result(reported(true), "CLEAR: bad pointer: nothing cleared\n");

	memset(bitmap, 0xff, BITMAP_BYTES);
	mprotect(bitmap + PAGE, PAGE, PROT_NONE);
	ksft_test_result(clear(DATA_SLOT, 0, all, bitmap) == EFAULT,
			 "CLEAR: half a buffer: EFAULT\n");
	mprotect(bitmap + PAGE, PAGE, PROT_READ | PROT_WRITE);
	ksft_test_result(reported(true), "CLEAR: half a buffer: nothing cleared\n");

	memset(bitmap, 0xff, BITMAP_BYTES);
	ksft_test_result(clear(DATA_SLOT, 32, 64, bitmap) == EINVAL,
			 "CLEAR: first page not a multiple of 64: EINVAL\n");
	ksft_test_result(clear(DATA_SLOT, 0, 65, bitmap) == EINVAL,
			 "CLEAR: part of a word, not the last: EINVAL\n");
	ksft_test_result(clear(DATA_SLOT, 0, all + 1, bitmap) == EINVAL &&
			 clear(DATA_SLOT, (all | 63) + 1, 0, bitmap) == EINVAL &&
			 clear(DATA_SLOT, -64UL, 128, bitmap) == EINVAL,
			 "CLEAR: outside of the slot: EINVAL\n");
	ksft_test_result(clear(DATA_SLOT + 1, 0, 64, bitmap) == ENOENT &&
			 clear(CODE_SLOT, 0, 64, bitmap) == ENOENT,
			 "CLEAR: no log: ENOENT\n");
	/* 6.12 looks at first_page before it looks for the slot. */
	ksft_test_result(clear(DATA_SLOT + 1, 1, 64, bitmap) == EINVAL,
			 "CLEAR: both: EINVAL\n");
	ksft_test_result(clear(DATA_SLOT, 0, 0, nowhere) == 0,
			 "CLEAR: of nothing: done\n");
	ksft_test_result(reported(true), "CLEAR: still nothing cleared\n");

	memset(bitmap, 0xff, BITMAP_BYTES);
	ksft_test_result(!clear(DATA_SLOT, 0, all, bitmap) && reported(false),
			 "CLEAR: all, with bits beyond the slot\n");
	guest_writes();
	ksft_test_result(reported(true), "CLEAR: pages are armed again\n");
	free_vm();
}

int main(void)
{
	void *nowhere;

	ksft_print_header();
	kvm_fd = open("/dev/kvm", O_RDWR);
	if (kvm_fd < 0)
		ksft_exit_skip("/dev/kvm: %s\n", strerror(errno));

	bitmap = map(3 * PAGE);
	nowhere = map(PAGE);
	mprotect(nowhere, PAGE, PROT_NONE);

	ksft_set_plan(25);
	test_get(nowhere);
	test_clear(nowhere);
	ksft_finished();
}
