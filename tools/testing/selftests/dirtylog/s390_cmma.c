// SPDX-License-Identifier: GPL-2.0
/*
 * Two bitmaps of a slot: pages that were written, and pages whose CMMA state the guest
 * changed (ESSA) while they are migrated. What is in one is none of the other's.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		(3 * SEGMENT_PAGES)
#define SIZE		(PAGES * PAGE)
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define NEXT_SLOT	2
#define NEXT_PAGES	SEGMENT_PAGES
#define CODE_PAGE	4
#define PREFIX_PAGES	2
#define WRITTEN		100
#define CHANGED		300
#define NR		10

/* essa %r5,%r2,1 (stable); agr %r2,%r3; brctg %r4 to the start; exit */
static const uint8_t essa_code[] = {
	0xb9, 0xab, 0x10, 0x52,
	0xb9, 0x08, 0x00, 0x23,
	0xa7, 0x47, 0xff, 0xfc,
	0x00, 0x00,
};

static struct guest guest;
static uint8_t *data, bitmap[LOG_BYTES(PAGES)], values[PAGES];

/* Pages, besides the prefix, which each KVM_RUN makes writable. */
static unsigned long written(void)
{
	unsigned long i, n = guest_reported(&guest, DATA_SLOT, bitmap, PAGES);

	for (i = 0; i < PREFIX_PAGES; i++)
		n -= guest_bit(bitmap, i);
	return n;
}

static int attribute(uint32_t group, uint64_t attr)
{
	struct kvm_device_attr device = { .group = group, .attr = attr };

	return ioctl(guest.vm, KVM_SET_DEVICE_ATTR, &device);
}

static void essa(unsigned long first, unsigned long nr)
{
	int r;

	guest_aim(&guest, first * PAGE, nr, 1, 0);
	guest.run->psw_addr = CODE_PAGE * PAGE;
	r = guest_enter(&guest);
	if (r != guest_exit)
		ksft_exit_fail_msg("KVM_RUN: exit reason or error %d\n", r);
}

/* How many pages' state is still to be read. */
static unsigned long changed(void)
{
	struct kvm_s390_cmma_log log = {
		.count = 1,
		.flags = KVM_S390_CMMA_PEEK,
		.values = (uintptr_t)values,
	};

	if (ioctl(guest.vm, KVM_S390_GET_CMMA_BITS, &log))
		guest_die("KVM_S390_GET_CMMA_BITS");
	return log.remaining;
}

/* Read all; how many that were, or too many if there is no end to it. */
static unsigned long take_changed(void)
{
	struct kvm_s390_cmma_log log;
	unsigned long n = changed(), reads = 0;

	do {
		log = (struct kvm_s390_cmma_log) {
			.count = PAGES,
			.values = (uintptr_t)values,
		};
		if (ioctl(guest.vm, KVM_S390_GET_CMMA_BITS, &log))
			guest_die("KVM_S390_GET_CMMA_BITS");
	} while (log.remaining && ++reads < PAGES);
	return log.remaining ? ~0UL : n;
}

static void start(void)
{
	guest_make_vm(&guest);
	if (attribute(KVM_S390_VM_MEM_CTRL, KVM_S390_VM_MEM_ENABLE_CMMA))
		ksft_exit_skip("no CMMA: %s\n", strerror(errno));
	/* One slot for all: each has to log before migration starts. */
	data = guest_map(SIZE);
	if (mprotect(data, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC))
		guest_die("mprotect");
	if (guest_set_slot(&guest, DATA_SLOT, 0, data, SIZE, LOG))
		guest_die("slot");
	memset(data, 1, SIZE);
	memcpy(data + CODE_PAGE * PAGE, essa_code, sizeof(essa_code));
	guest_make_vcpu(&guest);
	/* KVM reads no states before it has seen the first ESSA. */
	essa(0, 1);
	written();
}

static void test_both(void)
{
	ksft_test_result(!attribute(KVM_S390_VM_MIGRATION, KVM_S390_VM_MIGRATION_START) &&
			 take_changed() == PAGES && changed() == 0,
			 "migration starts: all states are to be read\n");
	ksft_test_result(written() == 0, "and no page is written by that\n");
	essa(CHANGED, NR);
	ksft_test_result(written() == 0 && changed() == NR,
			 "ESSA: states change, no page is written\n");
	memset(data + WRITTEN * PAGE, 2, NR * PAGE);
	ksft_test_result(written() == NR && changed() == NR,
			 "pages are written, no state changes\n");
	ksft_test_result(take_changed() == NR && written() == 0,
			 "what one reader takes is its own\n");
}

static void test_slots(void)
{
	void *next = guest_map(NEXT_PAGES * PAGE);

	if (guest_set_slot(&guest, NEXT_SLOT, SIZE, next, NEXT_PAGES * PAGE, LOG))
		guest_die("next slot");
	essa(PAGES + 5, NR);
	ksft_test_result(changed() == NR, "ESSA in a slot that is new\n");
	if (guest_set_slot(&guest, DATA_SLOT, 0, data, SIZE, 0))
		guest_die("stop");
	ksft_test_result(changed() == 0, "a slot stops to log: migration ends\n");
}

int main(void)
{
	ksft_print_header();
	guest_open();
	start();
	ksft_set_plan(5 + 2);
	test_both();
	test_slots();
	guest_free(&guest);
	ksft_finished();
}
