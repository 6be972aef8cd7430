// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_CLEAR_DIRTY_LOG on s390, and logs that start with everything dirty.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		(3 * SEGMENT_PAGES)
#define SIZE		(PAGES * PAGE)
#define MANUAL		KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
#define POINTS		10

static struct guest guest;
static uint8_t *data, bitmap[LOG_BYTES(PAGES)], bits[LOG_BYTES(PAGES)];

/* The pages were writable before. */
static void start(uint64_t protect)
{
	guest_make(&guest, GUEST_GPA, data, SIZE, 0);
	if (guest_manual_protect(&guest, protect))
		guest_die("manual protect");
	guest_write(&guest, GUEST_GPA, PAGES, 1);
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, SIZE,
			   KVM_MEM_LOG_DIRTY_PAGES))
		guest_die("start");
	memset(bits, 0xff, sizeof(bits));
}

static unsigned long reported(void)
{
	return guest_reported(&guest, DATA_SLOT, bitmap, PAGES);
}

static int clear(uint64_t first, uint32_t nr, void *from)
{
	return guest_clear(&guest, DATA_SLOT, first, nr, from);
}

static void write_pages(unsigned long first, unsigned long nr)
{
	guest_write(&guest, GUEST_GPA + first * PAGE, nr, 1);
}

static void test_clear(void)
{
	start(MANUAL);
	if (clear(0, PAGES, bits))
		guest_die("KVM_CLEAR_DIRTY_LOG");
	write_pages(60, 100);
	ksft_test_result(reported() == 100 && reported() == 100,
			 "CLEAR: GET alone clears nothing\n");

	memset(bits, 0, sizeof(bits));
	bits[1] = 0x02;
	ksft_test_result(!clear(64, 128, bits) && reported() == 99 &&
			 !guest_bit(bitmap, 64 + 9),
			 "CLEAR: the page it names, in little-endian order\n");
	memset(bits, 0xff, sizeof(bits));
	ksft_test_result(clear(0, PAGES, (void *)8) == EFAULT && reported() == 99,
			 "CLEAR: bad pointer: EFAULT, and nothing cleared\n");
	ksft_test_result(clear(32, 64, bits) == EINVAL && clear(0, 65, bits) == EINVAL &&
			 clear(0, PAGES + 64, bits) == EINVAL,
			 "CLEAR: odd ranges: EINVAL\n");
	write_pages(73, 1);
	ksft_test_result(reported() == 100, "CLEAR: the page is armed again\n");
	ksft_test_result(!clear(0, PAGES, bits) && reported() == 0, "CLEAR: all\n");
	guest_free(&guest);
}

static void test_initially_set(void)
{
	start(MANUAL | KVM_DIRTY_LOG_INITIALLY_SET);
	ksft_test_result(reported() == PAGES, "INITIALLY_SET: all is dirty\n");
	ksft_test_result(!clear(0, SEGMENT_PAGES, bits) &&
			 reported() == PAGES - SEGMENT_PAGES,
			 "INITIALLY_SET: CLEAR of a part\n");
	write_pages(5, 1);
	ksft_test_result(reported() == PAGES - SEGMENT_PAGES + 1 && guest_bit(bitmap, 5),
			 "INITIALLY_SET: what was cleared is armed\n");
	guest_free(&guest);
}

static void test_ucontrol(void)
{
	guest.vm = guest_make_typed_vm(KVM_VM_S390_UCONTROL);
	ksft_test_result(clear(0, 64, bits) == EINVAL, "ucontrol: EINVAL\n");
	close(guest.vm);
}

int main(void)
{
	ksft_print_header();
	guest_open();
	if (!guest_cap(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2))
		ksft_exit_skip("no KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2\n");
	ksft_set_plan(POINTS);
	data = guest_map(SIZE);
	test_clear();
	test_initially_set();
	test_ucontrol();
	ksft_finished();
}
