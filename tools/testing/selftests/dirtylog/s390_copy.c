// SPDX-License-Identifier: GPL-2.0
/*
 * What a log is for: a copy made of reported pages, while guest and VMM store, and
 * the VMM's page tables change, equals the original.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		(3 * SEGMENT_PAGES)
#define SIZE		(PAGES * PAGE)
#define ROUNDS		60
#define MANUAL		KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE

static struct guest guest;
static uint8_t *data, bitmap[LOG_BYTES(PAGES)], copy[SIZE];

static void write_something(unsigned long round)
{
	static unsigned int state = 1;

	state = state * 1103515245 + 12345;
	guest_write(&guest, GUEST_GPA + state / 65536 % SEGMENT_PAGES * PAGE,
		    1 + state / 256 % 60, 1 + state / 4096 % 8);
	data[state / 7 % PAGES * PAGE + 99]++;
	if (round % 8 == 0 && (mprotect(data, SIZE, PROT_READ) ||
			       mprotect(data, SIZE, PROT_READ | PROT_WRITE)))
		guest_die("mprotect");
}

static void test_copy(const char *name, uint64_t protect)
{
	unsigned long i, round, pages = 0, different = 0;

	if (protect && !guest_cap(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2)) {
		ksft_test_result_skip("%s\n", name);
		return;
	}
	guest_make(&guest, GUEST_GPA, data, SIZE, 0);
	if (protect && guest_manual_protect(&guest, protect))
		guest_die("manual protect");
	guest_write(&guest, GUEST_GPA, PAGES, 1);
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, SIZE,
			   KVM_MEM_LOG_DIRTY_PAGES))
		guest_die("start");
	memcpy(copy, data, SIZE);
	for (round = 0; round <= ROUNDS; round++) {
		if (round < ROUNDS)
			write_something(round);
		if (guest_get(&guest, DATA_SLOT, bitmap))
			guest_die("KVM_GET_DIRTY_LOG");
		if (protect && guest_clear(&guest, DATA_SLOT, 0, PAGES, bitmap))
			guest_die("KVM_CLEAR_DIRTY_LOG");
		for (i = 0; i < PAGES; i++) {
			if (guest_bit(bitmap, i))
				memcpy(copy + i * PAGE, data + i * PAGE, PAGE);
		}
		pages += guest_count(bitmap, PAGES);
	}
	for (i = 0; i < PAGES; i++)
		different += !!memcmp(copy + i * PAGE, data + i * PAGE, PAGE);
	ksft_print_msg("%s: %lu pages reported, %lu pages of the copy differ\n", name,
		       pages, different);
	ksft_test_result(!different && pages, "%s\n", name);
	guest_free(&guest);
}

int main(void)
{
	ksft_print_header();
	guest_open();
	ksft_set_plan(3);
	data = guest_map(SIZE);
	test_copy("copy by GET", 0);
	test_copy("copy by CLEAR", MANUAL);
	test_copy("copy by CLEAR, INITIALLY_SET", MANUAL | KVM_DIRTY_LOG_INITIALLY_SET);
	ksft_finished();
}
