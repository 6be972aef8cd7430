// SPDX-License-Identifier: GPL-2.0
/*
 * What KVM's dirty-log ioctls do with input that they cannot use: the errno that
 * they have always had, nothing changed, nothing lost.
 *
 * The slot's size is no multiple of 64, and its bitmap spans two pages of
 * userspace memory, so that the second one can be taken away.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "../kselftest.h"
#include "guest.h"

/* A page of bitmap, three words more, and 17 bits of another word. */
#define DATA_PAGES	(8 * PAGE + 3 * 64 + 17)
#define BIG_PAGES	(10UL << 20)
/* That the guest can reach, and what comes before its page of bitmap. */
#define FAR		600000UL
#define FAR_BYTES	(FAR / 8 / PAGE * PAGE)
#define WAIT_MS		10000
#define BITMAP_BYTES	((DATA_PAGES + 63) / 64 * 8)

static struct guest guest;
static uint8_t *bitmap;
static void *data;

static void make_guest(void)
{
	data = guest_map(DATA_PAGES * PAGE);
	guest_make(&guest, GUEST_GPA, data, DATA_PAGES * PAGE,
		   KVM_MEM_LOG_DIRTY_PAGES);
}

static void free_guest(void)
{
	guest_free(&guest);
	munmap(data, DATA_PAGES * PAGE);
}

static int get(uint32_t slot, void *to)
{
	return guest_get(&guest, slot, to);
}

static int clear(uint32_t slot, uint64_t first, uint32_t nr, void *from)
{
	return guest_clear(&guest, slot, first, nr, from);
}

/* Exactly the first @nr pages are dirty. */
static bool reported_first(unsigned long nr)
{
	unsigned long lost = 0, extra = 0, i;

	memset(bitmap, 0xff, BITMAP_BYTES);
	if (get(DATA_SLOT, bitmap))
		return false;
	for (i = 0; i < BITMAP_BYTES * 8; i++) {
		bool bit = bitmap[i / 8] >> i % 8 & 1;
		bool due = i < nr;

		lost += due && !bit;
		extra += bit && !due;
	}
	if (lost || extra)
		ksft_print_msg("lost: %lu of %lu pages; too many: %lu\n", lost, nr,
			       extra);
	return !lost && !extra;
}

/* Exactly what the guest writes is dirty, or nothing at all. */
static bool reported(bool dirty)
{
	return reported_first(dirty ? GUEST_PAGES : 0);
}

/* A bitmap of which the last word alone is in the third page. */
static void *up_to_third(void)
{
	return bitmap + 2 * PAGE - (BITMAP_BYTES - sizeof(uint64_t));
}

static void test_get(void *nowhere)
{
	make_guest();
	ksft_test_result(reported(false), "GET: a new log is clean\n");

	guest_run(&guest);
	ksft_test_result(get(DATA_SLOT, nowhere) == EFAULT,
			 "GET: bad pointer: EFAULT\n");
	ksft_test_result(reported(true), "GET: bad pointer: nothing lost\n");
	ksft_test_result(reported(false), "GET: reported once\n");

	/* The first half of the bitmap can be written, the second cannot. */
	guest_run(&guest);
	mprotect(bitmap + PAGE, PAGE, PROT_NONE);
	ksft_test_result(get(DATA_SLOT, bitmap) == EFAULT,
			 "GET: half a buffer: EFAULT\n");
	mprotect(bitmap + PAGE, PAGE, PROT_READ | PROT_WRITE);
	/* The word that was shown is dirty as a whole. */
	ksft_test_result(reported_first(64), "GET: half a buffer: nothing lost\n");

	/* All that cannot be written is the last word, which is not zero. */
	guest_write(&guest, GUEST_GPA + (DATA_PAGES - 1) * PAGE, 1, 1);
	mprotect(bitmap + 2 * PAGE, PAGE, PROT_NONE);
	ksft_test_result(get(DATA_SLOT, up_to_third()) == EFAULT,
			 "GET: not the last word: EFAULT\n");
	mprotect(bitmap + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE);
	ksft_test_result(!get(DATA_SLOT, bitmap) &&
			 guest_count(bitmap, DATA_PAGES) == 1 &&
			 guest_bit(bitmap, DATA_PAGES - 1),
			 "GET: not the last word: nothing lost\n");

	guest_run(&guest);
	ksft_test_result(reported(true), "GET: pages are armed again\n");

	ksft_test_result(get(DATA_SLOT + 1, bitmap) == ENOENT,
			 "GET: no such slot: ENOENT\n");
	ksft_test_result(get(CODE_SLOT, bitmap) == ENOENT,
			 "GET: slot does not log: ENOENT\n");
	ksft_test_result(get(0x7fff, bitmap) == EINVAL,
			 "GET: slot out of range: EINVAL\n");
	ksft_test_result(get(0x70000 | DATA_SLOT, bitmap) == EINVAL,
			 "GET: no such address space: EINVAL\n");
	free_guest();
}

static void test_clear(void *nowhere)
{
	uint32_t all = DATA_PAGES;

	make_guest();
	guest_manual_protect(&guest, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
	guest_run(&guest);
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
	ksft_test_result(clear(DATA_SLOT, 0, 0, nowhere) == 0 &&
			 clear(DATA_SLOT, 0, 0, (void *)-1UL) == 0,
			 "CLEAR: of nothing: done\n");
	ksft_test_result(reported(true), "CLEAR: still nothing cleared\n");

	memset(bitmap, 0xff, BITMAP_BYTES);
	ksft_test_result(!clear(DATA_SLOT, 0, all, bitmap) && reported(false),
			 "CLEAR: all, with bits beyond the slot\n");
	guest_run(&guest);
	ksft_test_result(reported(true), "CLEAR: pages are armed again\n");
	free_guest();
}

/* The guest stores to the first pages of many, and to one far behind. */
static void write_both(void)
{
	guest_run(&guest);
	guest_write(&guest, GUEST_GPA + FAR * PAGE, 1, 1);
}

/* And the word that was shown as a whole; no other. */
static bool both_reported(void *bits)
{
	memset(bits, 0xff, BIG_PAGES / 8);
	return !get(DATA_SLOT, bits) && guest_count(bits, 64) == 64 &&
	       guest_bit(bits, FAR) && guest_count(bits, BIG_PAGES) == 64 + 1;
}

/* GET comes to a page of the bitmap that userfaultfd holds. */
static void *get_held(void *to)
{
	return (void *)(intptr_t)get(DATA_SLOT, to);
}

/* What GET has shown goes away, and with it the page that it waits for. */
static void test_unmapped(uint8_t *big)
{
	const unsigned long size = BIG_PAGES / 8;
	uint8_t *gone = guest_map(size);
	struct pollfd event = {
		.fd = guest_hold(gone + FAR_BYTES, PAGE),
		.events = POLLIN,
	};
	pthread_t getter;
	void *r;

	if (event.fd < 0)
		guest_die("userfaultfd");
	write_both();
	if (pthread_create(&getter, NULL, get_held, gone))
		guest_die("pthread_create");
	if (poll(&event, 1, WAIT_MS) != 1)
		guest_die("GET does not come to the page");
	munmap(gone, size);
	close(event.fd);
	pthread_join(getter, &r);
	ksft_test_result((intptr_t)r == EFAULT, "GET: unmapped meanwhile: EFAULT\n");

	ksft_test_result(both_reported(big), "GET: unmapped meanwhile: nothing lost\n");
}

/* A bitmap of more than the MiB that the kernel looks at in one go. */
static void test_big(void)
{
	const unsigned long size = BIG_PAGES / 8;
	uint8_t *big = guest_map(size), *ones = guest_map(size);
	uint32_t all = BIG_PAGES;
	void *mem = guest_map(BIG_PAGES * PAGE);

	memset(ones, 0xff, size);
	guest_make(&guest, GUEST_GPA, mem, BIG_PAGES * PAGE, KVM_MEM_LOG_DIRTY_PAGES);

	write_both();
	mprotect(big + FAR_BYTES, PAGE, PROT_NONE);
	ksft_test_result(get(DATA_SLOT, big) == EFAULT,
			 "GET: not all pages of many: EFAULT\n");
	mprotect(big + FAR_BYTES, PAGE, PROT_READ | PROT_WRITE);
	ksft_test_result(both_reported(big), "GET: not all pages of many: nothing lost\n");
	test_unmapped(big);

	guest_manual_protect(&guest, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
	guest_run(&guest);
	mprotect(ones + size - PAGE, PAGE, PROT_NONE);
	ksft_test_result(clear(DATA_SLOT, 0, all, ones) == EFAULT,
			 "CLEAR: not the last page of many: EFAULT\n");
	memset(big, 0xff, size);
	ksft_test_result(!get(DATA_SLOT, big) &&
			 guest_count(big, BIG_PAGES) == GUEST_PAGES,
			 "CLEAR: not the last page of many: nothing cleared\n");
	mprotect(ones + size - PAGE, PAGE, PROT_READ | PROT_WRITE);
	memset(big, 0xff, size);
	ksft_test_result(!clear(DATA_SLOT, 0, all, ones) && !get(DATA_SLOT, big) &&
			 !guest_count(big, BIG_PAGES), "CLEAR: many pages\n");
	guest_free(&guest);
	munmap(mem, BIG_PAGES * PAGE);
}

int main(void)
{
	void *nowhere;

	ksft_print_header();
	guest_open();

	bitmap = guest_map(3 * PAGE);
	nowhere = guest_map(PAGE);
	mprotect(nowhere, PAGE, PROT_NONE);

	ksft_set_plan(34);
	test_get(nowhere);
	test_clear(nowhere);
	test_big();
	ksft_finished();
}
