// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_GET_DIRTY_LOG on s390, with a guest and a VMM that store: the bitmap's byte
 * order, what fails changes nothing, and what becomes of a log when its slot changes.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		(3 * SEGMENT_PAGES)
#define SIZE		(PAGES * PAGE)
#define LOG		KVM_MEM_LOG_DIRTY_PAGES

static struct guest guest;
static uint8_t *data, bitmap[LOG_BYTES(PAGES)];

static int log_data(uint32_t flags)
{
	return guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, SIZE, flags);
}

static void write_pages(unsigned long first, unsigned long nr, unsigned long stride)
{
	guest_write(&guest, GUEST_GPA + first * PAGE, nr, stride);
}

static int get(void *to)
{
	return guest_get(&guest, DATA_SLOT, to);
}

static unsigned long reported(void)
{
	return guest_reported(&guest, DATA_SLOT, bitmap, PAGES);
}

static bool only(unsigned long page)
{
	return reported() == 1 && guest_bit(bitmap, page);
}

static void test_get(void)
{
	guest_make(&guest, GUEST_GPA, data, SIZE, 0);
	ksft_test_result(get(bitmap) == ENOENT, "GET: slot does not log: ENOENT\n");
	/* Writable before logging starts, by guest and VMM. */
	write_pages(0, PAGES, 1);
	memset(data, 1, 50 * PAGE);
	if (log_data(LOG))
		guest_die("start");
	reported();
	ksft_test_result(reported() == 0, "GET: nothing is written, nothing reported\n");

	write_pages(3, 2, 70);
	ksft_test_result(reported() == 2 && guest_bit(bitmap, 3) && guest_bit(bitmap, 73),
			 "GET: the guest's stores, in little-endian order\n");
	ksft_test_result(reported() == 0, "GET: and not twice\n");
	write_pages(3, 1, 1);
	ksft_test_result(only(3), "GET: pages are armed again\n");

	data[500 * PAGE] = 7;
	ksft_test_result(only(500), "GET: the VMM's store\n");
	write_pages(0, PAGES, 1);
	ksft_test_result(reported() == PAGES, "GET: all\n");
	ksft_test_result(reported() == 0, "GET: all, and not twice\n");

	write_pages(10, 15, 1);
	ksft_test_result(get((void *)8) == EFAULT && reported() == 15,
			 "GET: bad pointer: EFAULT, and nothing lost\n");
	if (log_data(0))
		guest_die("stop");
	ksft_test_result(get(bitmap) == ENOENT, "logging ends: ENOENT\n");
	guest_free(&guest);
}

/* A slot is deleted, made again, moved; its log goes with it or stays. */
static void test_slots(void)
{
	guest_make(&guest, GUEST_GPA, data, SIZE, LOG);
	write_pages(7, 1, 1);
	ksft_test_result(!guest_set_slot(&guest, DATA_SLOT, GUEST_GPA + 8 * SEGMENT,
					 data, SIZE, LOG) &&
			 reported() <= PAGES && guest_bit(bitmap, 7),
			 "a move keeps what is dirty\n");
	data[9 * PAGE] = 1;
	ksft_test_result(only(9), "and goes on logging\n");
	ksft_test_result(!guest_set_slot(&guest, DATA_SLOT, 0, NULL, 0, 0) &&
			 get(bitmap) == ENOENT, "the slot is deleted: ENOENT\n");
	data[9 * PAGE] = 2;
	ksft_test_result(!log_data(LOG) && reported() == 0,
			 "it is made again, and logs: clean\n");
	data[9 * PAGE] = 3;
	ksft_test_result(only(9), "what was writable is logged\n");
	guest_free(&guest);
}

static void test_ucontrol(void)
{
	guest.vm = guest_make_typed_vm(KVM_VM_S390_UCONTROL);
	ksft_test_result(get(bitmap) == EINVAL, "ucontrol: EINVAL\n");
	close(guest.vm);
}

int main(void)
{
	ksft_print_header();
	guest_open();
	ksft_set_plan(10 + 5 + 1);
	data = guest_map(SIZE);
	test_get();
	test_slots();
	test_ucontrol();
	ksft_finished();
}
