// SPDX-License-Identifier: GPL-2.0
/*
 * Slots that begin and end anywhere: their base is no multiple of 64 pages, or
 * of a page table, nor is their size. What is reported is page for page what the
 * guest has written, and what is cleared is what was named.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../kselftest.h"
#include "guest.h"

#define MAX_PAGES	1100UL
#define BYTES		LOG_BYTES(MAX_PAGES)
/* Filled with ones ahead of GET, which must leave those behind its bitmap alone. */
#define GUARD		16

/* The last one ends behind the first GiB. */
static const unsigned long bases[] = { 0x100, 0x101, 0x13f, 0x141, 0x2ff, 0x3fe01 };
static const unsigned long sizes[] = { 1, 63, 64, 65, 513, MAX_PAGES };

static struct guest guest;
static unsigned long base, npages;
static uint8_t seen[BYTES + GUARD], model[BYTES], mask[BYTES];
static char why[100];

static bool fail(const char *what, unsigned long page)
{
	if (!why[0])
		snprintf(why, sizeof(why), ": %s, page %lu", what, page);
	return false;
}

/* GET says what the model says, with zeros up to a whole word and no further. */
static bool same(const char *when)
{
	unsigned long i, end = LOG_BYTES(npages);

	memset(seen, 0xff, sizeof(seen));
	if (guest_get(&guest, DATA_SLOT, seen))
		return fail("GET fails", 0);
	for (i = 0; i < npages; i++)
		if (guest_bit(seen, i) != guest_bit(model, i))
			return fail(when, i);
	for (; i < end * 8; i++)
		if (guest_bit(seen, i))
			return fail("a bit behind the slot", i);
	for (; i < sizeof(seen) * 8; i++)
		if (!guest_bit(seen, i))
			return fail("the memory behind the bitmap", i);
	return true;
}

static void write_page(unsigned long page)
{
	if (page >= npages)
		return;
	guest_write(&guest, (base + page) * PAGE, 1, 1);
	guest_set_bit(model, page);
}

/* Both ends, the neighbours of each word, and every @step-th page. */
static void write_some(unsigned long step)
{
	unsigned long page;

	write_page(0);
	write_page(npages - 1);
	for (page = 63; page < npages; page += 64) {
		write_page(page);
		write_page(page + 1);
	}
	for (page = step / 2; page < npages; page += step)
		write_page(page);
}

static bool test_get(void)
{
	if (!same("a new log is not clean"))
		return false;
	write_some(7);
	if (!same("first GET"))
		return false;
	memset(model, 0, BYTES);
	if (!same("GET after GET"))
		return false;
	write_some(5);
	if (!same("GET of pages that were armed again"))
		return false;
	memset(model, 0, BYTES);
	write_page(npages - 1);
	if (!same("GET of the last page"))
		return false;
	memset(model, 0, BYTES);
	return same("last GET");
}

/*
 * Name every @step-th page of @nr from @first on, dirty or not, and the bits
 * behind the slot.
 */
static bool clear(unsigned long first, unsigned long nr, unsigned long step)
{
	unsigned long page;

	memset(mask, 0, BYTES);
	for (page = 0; page < LOG_BYTES(nr) * 8; page++)
		if (page >= nr || page % step == 0)
			guest_set_bit(mask, page);
	if (guest_clear(&guest, DATA_SLOT, first, nr, mask))
		return fail("CLEAR fails", first);
	for (page = 0; page < nr; page += step)
		model[(first + page) / 8] &= ~(1 << (first + page) % 8);
	return same("GET after CLEAR");
}

static bool test_clear(void)
{
	unsigned long first, nr;

	write_some(3);
	for (first = 0; first < npages; first += 64) {
		nr = npages - first < 64 ? npages - first : 64;
		if (!clear(first, nr, 2))
			return false;
	}
	write_some(2);
	if (!same("GET after CLEAR and writes"))
		return false;

	/* From each word on to the end, the first one last. */
	for (first = (npages - 1) & -64UL; first; first -= 64)
		if (!clear(first, npages - first, 3))
			return false;
	if (!clear(0, npages, 1))
		return false;
	write_some(11);
	return same("GET of pages that were armed by CLEAR");
}

static bool test(bool manual)
{
	static void *data;
	bool ok;

	if (!data)
		data = guest_map(MAX_PAGES * PAGE);
	memset(model, 0, BYTES);
	why[0] = 0;

	guest_make_vm(&guest);
	if (manual &&
	    guest_manual_protect(&guest, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE))
		ksft_exit_fail_msg("manual protect\n");
	guest_make_code(&guest);
	if (guest_set_slot(&guest, DATA_SLOT, base * PAGE, data, npages * PAGE,
			   KVM_MEM_LOG_DIRTY_PAGES))
		ksft_exit_fail_msg("slot of %lu pages at %#lx\n", npages, base);
	guest_make_vcpu(&guest);
	ok = manual ? test_clear() : test_get();
	guest_free(&guest);
	return ok;
}

int main(void)
{
	unsigned int i, j, manual;

	ksft_print_header();
	guest_open();
	ksft_set_plan(2 * ARRAY_SIZE(bases) * ARRAY_SIZE(sizes));
	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			for (manual = 0; manual < 2; manual++) {
				base = bases[i];
				npages = sizes[j];
				ksft_test_result(test(manual),
						 "%s: %lu pages from gfn %#lx%s\n",
						 manual ? "CLEAR" : "GET",
						 npages, base, why);
			}
		}
	}
	ksft_finished();
}
