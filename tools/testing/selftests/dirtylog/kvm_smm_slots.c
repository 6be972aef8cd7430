// SPDX-License-Identifier: GPL-2.0
/*
 * Each address space has slots and logs of its own: a vCPU in system management
 * mode sees address space 1, otherwise 0. Both have memory at the same place here,
 * with the same slot number.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../kselftest.h"
#include "guest.h"

#define DATA_PAGES	200UL
#define SMM(slot)	(1U << 16 | (slot))
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
/* Where a vCPU finds its handler after reset, and where it saves its state. */
#define SMBASE		0x30000UL
#define SMRAM_SLOT	2
#define SMRAM_PAGES	16UL
#define ENTRY		0x8000
#define SAVE_PAGE	15

static struct guest guest;
static uint8_t bitmap[LOG_BYTES(DATA_PAGES)];
static uint8_t *data[2], *smram;

/*
 * mov dword [GPA], VALUE; out 0x11, al; rsm. 16-bit code, DS is flat. GPA and
 * VALUE are filled in.
 */
static uint8_t handler[] = {
	0x67, 0x66, 0xc7, 0x05, 0, 0, 0, 0, 0, 0, 0, 0,
	0xe6, 0x11,
	0x0f, 0xaa,
};

static void run_to(uint16_t port)
{
	int r = guest_enter(&guest);

	if (r != KVM_EXIT_IO || guest.run->io.port != port)
		ksft_exit_fail_msg("exit reason or error %d, port %#x\n", r,
				   guest.run->io.port);
}

/* One SMI. Its handler stores to a page, then the guest does to another. */
static void smi(unsigned long smm_page, unsigned long page, uint32_t value)
{
	uint32_t gpa = GUEST_GPA + smm_page * PAGE;

	memcpy(handler + 4, &gpa, sizeof(gpa));
	memcpy(handler + 8, &value, sizeof(value));
	memcpy(smram + ENTRY, handler, sizeof(handler));
	guest_aim(&guest, GUEST_GPA + page * PAGE, 1, 1, ~value);
	if (ioctl(guest.vcpu, KVM_SMI))
		ksft_exit_fail_msg("KVM_SMI: %s\n", strerror(errno));
	run_to(0x11);
	run_to(0x10);
}

static uint32_t word(int space, unsigned long page)
{
	return *(uint32_t *)(data[space] + page * PAGE);
}

/* Exactly this page, or nothing if it is negative. */
static bool is(uint32_t slot, unsigned long pages, long page)
{
	unsigned long i;

	memset(bitmap, 0xff, sizeof(bitmap));
	if (guest_get(&guest, slot, bitmap))
		return false;
	for (i = 0; i < pages; i++) {
		if (guest_bit(bitmap, i) == ((long)i == page))
			continue;
		ksft_print_msg("slot %#x, page %lu: %s\n", slot, i,
			       (long)i == page ? "lost" : "reported");
		return false;
	}
	return true;
}

static void make_guest(uint64_t protect)
{
	guest_make_vm(&guest);
	if (guest_manual_protect(&guest, protect))
		ksft_exit_fail_msg("manual protect\n");
	guest_make_code(&guest);
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data[0],
			   DATA_PAGES * PAGE, LOG) ||
	    guest_set_slot(&guest, SMM(DATA_SLOT), GUEST_GPA, data[1],
			   DATA_PAGES * PAGE, LOG) ||
	    guest_set_slot(&guest, SMM(SMRAM_SLOT), SMBASE, smram,
			   SMRAM_PAGES * PAGE, LOG))
		ksft_exit_fail_msg("slots\n");
	guest_make_vcpu(&guest);
}

static void test_errnos(void)
{
	ksft_test_result(guest_get(&guest, SMRAM_SLOT, bitmap) == ENOENT &&
			 guest_clear(&guest, SMRAM_SLOT, 0, 64, bitmap) == ENOENT,
			 "a slot of address space 1 is not in 0: ENOENT\n");
	ksft_test_result(guest_get(&guest, SMM(CODE_SLOT), bitmap) == ENOENT,
			 "a slot of address space 0 is not in 1: ENOENT\n");
	ksft_test_result(guest_get(&guest, 2 << 16 | DATA_SLOT, bitmap) == EINVAL &&
			 guest_clear(&guest, 2 << 16 | DATA_SLOT, 0, 64, bitmap) ==
			 EINVAL, "address space 2: EINVAL\n");
}

static void test_get(void)
{
	uint32_t round;

	make_guest(0);
	test_errnos();
	for (round = 1; round <= 3; round++) {
		smi(70, 71, round);
		ksft_test_result(word(1, 70) == round && word(0, 71) == ~round &&
				 !word(0, 70) && !word(1, 71),
				 "round %u: SMM has memory of its own\n", round);
		ksft_test_result(is(DATA_SLOT, DATA_PAGES, 71),
				 "round %u: address space 0: its page\n", round);
		ksft_test_result(is(SMM(DATA_SLOT), DATA_PAGES, 70),
				 "round %u: address space 1: its page\n", round);
		/* The handler's page may be reported: it was mapped writable. */
		ksft_test_result(!guest_get(&guest, SMM(SMRAM_SLOT), bitmap) &&
				 guest_bit(bitmap, SAVE_PAGE),
				 "round %u: the saved state\n", round);
		ksft_test_result(is(DATA_SLOT, DATA_PAGES, -1) &&
				 is(SMM(DATA_SLOT), DATA_PAGES, -1) &&
				 is(SMM(SMRAM_SLOT), SMRAM_PAGES, -1),
				 "round %u: nothing is left\n", round);
	}
	guest_free(&guest);
}

/* The same page in both. */
static void test_clear(void)
{
	memset(data[0], 0, DATA_PAGES * PAGE);
	memset(data[1], 0, DATA_PAGES * PAGE);
	make_guest(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
	smi(130, 130, 1);
	ksft_test_result(is(DATA_SLOT, DATA_PAGES, 130) &&
			 is(SMM(DATA_SLOT), DATA_PAGES, 130), "the same page\n");
	memset(bitmap, 0xff, sizeof(bitmap));
	ksft_test_result(!guest_clear(&guest, SMM(DATA_SLOT), 0, DATA_PAGES, bitmap) &&
			 is(SMM(DATA_SLOT), DATA_PAGES, -1) &&
			 is(DATA_SLOT, DATA_PAGES, 130),
			 "CLEAR in 1 leaves 0 alone\n");
	smi(130, 0, 2);
	ksft_test_result(is(SMM(DATA_SLOT), DATA_PAGES, 130) &&
			 word(1, 130) == 2, "it is armed again in 1\n");
	memset(bitmap, 0xff, sizeof(bitmap));
	ksft_test_result(!guest_clear(&guest, DATA_SLOT, 0, DATA_PAGES, bitmap) &&
			 is(DATA_SLOT, DATA_PAGES, -1) &&
			 is(SMM(DATA_SLOT), DATA_PAGES, 130),
			 "CLEAR in 0 leaves 1 alone\n");
	smi(131, 130, 3);
	ksft_test_result(is(DATA_SLOT, DATA_PAGES, 130), "it is armed again in 0\n");

	/* Logging ends in one address space. */
	ksft_test_result(!guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data[0],
					 DATA_PAGES * PAGE, 0) &&
			 guest_get(&guest, DATA_SLOT, bitmap) == ENOENT &&
			 !guest_get(&guest, SMM(DATA_SLOT), bitmap) &&
			 guest_bit(bitmap, 131), "0 ends, 1 goes on\n");
	guest_free(&guest);
}

int main(void)
{
	ksft_print_header();
	guest_open();
	if (guest_cap(KVM_CAP_X86_SMM) <= 0)
		ksft_exit_skip("no system management mode\n");
	if (guest_cap(KVM_CAP_MULTI_ADDRESS_SPACE) < 2)
		ksft_exit_skip("no second address space\n");
	ksft_set_plan(3 + 3 * 5 + 6);
	data[0] = guest_map(DATA_PAGES * PAGE);
	data[1] = guest_map(DATA_PAGES * PAGE);
	smram = guest_map(SMRAM_PAGES * PAGE);
	test_get();
	test_clear();
	ksft_finished();
}
