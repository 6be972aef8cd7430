// SPDX-License-Identifier: GPL-2.0
/*
 * Slots that nobody can write, and log all the same; and private memory, which
 * cannot be logged.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_x86.h"

#define PAGES		130UL
#define BYTES		LOG_BYTES(PAGES)
#define RO		KVM_MEM_READONLY
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define WALL_CLOCK	0x4b564d00
/* Where the wall clock is put. */
#define CLOCK_PAGE	70UL

static struct guest guest;
static uint8_t bitmap[BYTES];
static uint8_t *data;

static int set_slot(uint32_t flags)
{
	return guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, PAGES * PAGE,
			      flags);
}

/* How many pages are reported, or the negative errno. */
static long reported(void)
{
	int r;

	memset(bitmap, 0xff, BYTES);
	r = guest_get(&guest, DATA_SLOT, bitmap);
	return r ? -r : (long)guest_count(bitmap, BYTES * 8);
}

/* The guest's store ends in userspace, as if there was a device. */
static bool store_is_mmio(unsigned long page)
{
	struct kvm_run *run = guest.run;
	int r;

	guest_aim(&guest, GUEST_GPA + page * PAGE, 1, 1, 0x12345678);
	r = guest_enter(&guest);
	if (r != KVM_EXIT_MMIO || !run->mmio.is_write ||
	    run->mmio.phys_addr != GUEST_GPA + page * PAGE)
		return false;
	/* Let the instruction end. */
	return guest_enter(&guest) == KVM_EXIT_IO;
}

/* KVM itself writes to the page, by kvm_write_guest(). */
static bool kvm_writes(unsigned long page)
{
	uint32_t *version = (uint32_t *)(data + page * PAGE);

	*version = 0;
	if (!guest_set_msr(&guest, WALL_CLOCK, GUEST_GPA + page * PAGE))
		ksft_exit_fail_msg("no wall clock MSR\n");
	return *version != 0;
}

static void make_guest(uint64_t protect, uint32_t flags)
{
	guest_make_vm(&guest);
	if (guest_manual_protect(&guest, protect))
		ksft_exit_fail_msg("manual protect\n");
	guest_make_code(&guest);
	if (set_slot(flags))
		ksft_exit_fail_msg("slot with flags %#x\n", flags);
	guest_make_vcpu(&guest);
}

static void test_writable(void)
{
	make_guest(0, LOG);
	ksft_test_result(kvm_writes(CLOCK_PAGE) && reported() == 1 &&
			 guest_bit(bitmap, CLOCK_PAGE),
			 "writable: what KVM writes is reported\n");
	ksft_test_result(kvm_writes(CLOCK_PAGE) && reported() == 1,
			 "writable: every time\n");
	guest_free(&guest);
}

static void test_readonly(void)
{
	make_guest(0, LOG | RO);
	ksft_test_result(reported() == 0, "read-only: clean at first\n");
	memset(data, 0x5a, PAGES * PAGE);
	ksft_test_result(store_is_mmio(0) && store_is_mmio(PAGES - 1),
			 "read-only: stores are MMIO\n");
	ksft_test_result(!kvm_writes(CLOCK_PAGE), "read-only: KVM cannot write\n");
	ksft_test_result(reported() == 0, "read-only: still clean\n");
	memset(bitmap, 0xff, BYTES);
	ksft_test_result(!guest_clear(&guest, DATA_SLOT, 0, PAGES, bitmap),
			 "read-only: CLEAR\n");
	ksft_test_result(set_slot(LOG) == EINVAL && set_slot(0) == EINVAL,
			 "read-only: cannot become writable: EINVAL\n");
	ksft_test_result(!set_slot(RO) && reported() == -ENOENT,
			 "read-only: logging ends: ENOENT\n");
	ksft_test_result(store_is_mmio(1) && !set_slot(RO | LOG) &&
			 store_is_mmio(1) && reported() == 0,
			 "read-only: logging starts: clean\n");
	guest_free(&guest);
}

static void test_initially_set(void)
{
	make_guest(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE |
		   KVM_DIRTY_LOG_INITIALLY_SET, RO | LOG);
	ksft_test_result(reported() == PAGES, "read-only: all dirty at first\n");
	memset(bitmap, 0xff, BYTES);
	ksft_test_result(!guest_clear(&guest, DATA_SLOT, 0, PAGES, bitmap) &&
			 reported() == 0, "read-only: all cleared\n");
	ksft_test_result(store_is_mmio(3) && reported() == 0,
			 "read-only: a store after that\n");
	guest_free(&guest);
}

static int set_slot2(int vm, uint32_t flags, int memfd)
{
	struct kvm_userspace_memory_region2 region = {
		.slot = DATA_SLOT,
		.flags = flags,
		.guest_phys_addr = GUEST_GPA,
		.memory_size = PAGES * PAGE,
		.userspace_addr = (uintptr_t)data,
		.guest_memfd = memfd,
	};

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION2, &region) ? errno : 0;
}

static bool have_private(void)
{
	return guest_cap(KVM_CAP_VM_TYPES) & 1 << KVM_X86_SW_PROTECTED_VM;
}

static void test_private(void)
{
	struct kvm_create_guest_memfd create = { .size = PAGES * PAGE };
	struct guest vm;
	int memfd;

	guest_make_vm(&vm);
	ksft_test_result(!set_slot2(vm.vm, LOG, -1) &&
			 !guest_get(&vm, DATA_SLOT, bitmap),
			 "SET_USER_MEMORY_REGION2: logs\n");
	ksft_test_result(set_slot2(vm.vm, KVM_MEM_GUEST_MEMFD | LOG, -1) == EINVAL,
			 "a VM without private memory: EINVAL\n");
	close(vm.vm);

	if (!have_private()) {
		ksft_print_msg("this KVM has no private memory at all\n");
		return;
	}
	vm.vm = guest_make_typed_vm(KVM_X86_SW_PROTECTED_VM);
	memfd = ioctl(vm.vm, KVM_CREATE_GUEST_MEMFD, &create);
	ksft_test_result(memfd >= 0 && set_slot2(vm.vm, KVM_MEM_GUEST_MEMFD |
						 LOG, memfd) == EINVAL,
			 "private memory, logged: EINVAL\n");
	ksft_test_result(!set_slot2(vm.vm, KVM_MEM_GUEST_MEMFD, memfd) &&
			 set_slot2(vm.vm, KVM_MEM_GUEST_MEMFD | LOG, memfd) ==
			 EINVAL && guest_get(&vm, DATA_SLOT, bitmap) == ENOENT,
			 "private memory: does not log, and cannot start to\n");
	close(memfd);
	close(vm.vm);
}

int main(void)
{
	ksft_print_header();
	guest_open();
	if (guest_cap(KVM_CAP_READONLY_MEM) <= 0)
		ksft_exit_skip("no read-only slots\n");
	ksft_set_plan(2 + 8 + 3 + (have_private() ? 4 : 2));
	data = guest_map(PAGES * PAGE);
	test_writable();
	test_readonly();
	test_initially_set();
	test_private();
	ksft_finished();
}
