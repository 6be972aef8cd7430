// SPDX-License-Identifier: GPL-2.0
/*
 * A pass over one slot leaves the next one alone: the guest, with DAT on, runs on
 * shadow tables, and KVM hears of it when what they were made from is changed or
 * protected. On s390 without SIE every guest with DAT has them (soft SIE).
 */
#include <stdbool.h>
#include <string.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		SEGMENT_PAGES
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define NEXT_SLOT	2
#define NEXT_GPA	(GUEST_GPA + SEGMENT)

/* In the next slot: the guest's tables and its two pages. */
#define SEGMENT_TABLE	0
#define LOW_TABLE	1
#define HIGH_TABLE	2
#define OLD_PAGE	16
#define NEW_PAGE	17

/* Virtual address of OLD_PAGE, then of NEW_PAGE. */
#define HIGH		(8 * SEGMENT)
#define INVALID_SEGMENT	0x20UL
#define INVALID_PAGE	0x400UL
#define PSW_DAT		0x0400000000000000UL

static struct guest guest;
static uint8_t *first, *next, bitmap[LOG_BYTES(PAGES)];

static uint64_t *table(unsigned int page)
{
	return (uint64_t *)(next + page * PAGE);
}

static uint64_t gpa(unsigned int page)
{
	return NEXT_GPA + page * PAGE;
}

/* The code's segment is where it is, HIGH is OLD_PAGE. */
static void make_tables(void)
{
	unsigned int i;

	for (i = 0; i < PAGE / sizeof(uint64_t); i++)
		table(SEGMENT_TABLE)[i] = INVALID_SEGMENT;
	for (i = 0; i < SEGMENT_PAGES; i++) {
		table(LOW_TABLE)[i] = i * PAGE;
		table(HIGH_TABLE)[i] = INVALID_PAGE;
	}
	table(SEGMENT_TABLE)[0] = gpa(LOW_TABLE);
	table(SEGMENT_TABLE)[HIGH / SEGMENT] = gpa(HIGH_TABLE);
	table(HIGH_TABLE)[0] = gpa(OLD_PAGE);
}

/* Two slots, one after the other for the guest, and apart in the host. */
static void start(uint32_t flags)
{
	guest_make(&guest, GUEST_GPA, first, SEGMENT, LOG);
	if (guest_set_slot(&guest, NEXT_SLOT, NEXT_GPA, next, SEGMENT, flags))
		guest_die("next slot");
	memset(next, 0, SEGMENT);
	make_tables();
	/* Fills in the control registers, of which one is set below. */
	guest_write(&guest, GUEST_GPA, 1, 1);
	guest_write(&guest, gpa(OLD_PAGE), 2, 1);
}

static unsigned long reported(uint32_t slot)
{
	return guest_reported(&guest, slot, bitmap, PAGES);
}

/* The guest stores @value to HIGH. */
static void store(uint32_t value)
{
	struct kvm_run *run = guest.run;
	int r;

	guest_aim(&guest, HIGH, 1, 1, value);
	run->psw_mask |= PSW_DAT;
	run->s.regs.crs[1] = gpa(SEGMENT_TABLE);
	run->kvm_dirty_regs |= KVM_SYNC_CRS;
	r = guest_enter(&guest);
	if (r != guest_exit)
		ksft_exit_fail_msg("KVM_RUN: exit reason or error %d\n", r);
}

static uint32_t value_in(unsigned int page)
{
	return *(uint32_t *)(next + page * PAGE);
}

static void test_table(bool pass, const char *text)
{
	start(0);
	store(1);
	if (value_in(OLD_PAGE) != 1)
		ksft_exit_fail_msg("the guest does not run on its tables\n");
	if (pass)
		reported(DATA_SLOT);
	table(HIGH_TABLE)[0] = gpa(NEW_PAGE);
	store(2);
	ksft_print_msg("old page: %u, new page: %u\n", value_in(OLD_PAGE),
		       value_in(NEW_PAGE));
	ksft_test_result(value_in(NEW_PAGE) == 2 && value_in(OLD_PAGE) == 1,
			 "new tables count%s\n", text);
	guest_free(&guest);
}

static void test_log(bool pass, const char *text)
{
	start(LOG);
	store(1);
	if (pass)
		reported(DATA_SLOT);
	reported(NEXT_SLOT);
	store(2);
	ksft_test_result(reported(NEXT_SLOT) <= PAGES && guest_bit(bitmap, OLD_PAGE) &&
			 value_in(OLD_PAGE) == 2, "a store is logged%s\n", text);
	guest_free(&guest);
}

int main(void)
{
	static const char after[] = ", after GET of another slot";
	uint8_t *memory;

	ksft_print_header();
	guest_open();
	ksft_set_plan(4);
	memory = guest_map(3 * SEGMENT);
	first = memory;
	next = memory + 2 * SEGMENT;
	test_table(false, "");
	test_table(true, after);
	test_log(false, "");
	test_log(true, after);
	ksft_finished();
}
