// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit VMM on a 64-bit kernel: KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG by
 * way of the compat ioctls. What is reported is compared, page by page, with a
 * model of what the guest wrote and the VMM cleared.
 *
 * The upper half of the union that holds the bitmap's address is garbage in all
 * calls: a 32-bit VMM need not set it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "../kselftest.h"
#include "guest.h"

#if __SIZEOF_POINTER__ != 4
#error "to be built for 32 bits"
#endif

/* A page of bitmap, a word and some bits. */
#define PAGES		(8 * PAGE + 64 + 21)
#define BYTES		LOG_BYTES(PAGES)
#define GARBAGE		0xdeadbeef00000000ULL
#define ROUNDS		60
#define WRITES		12

static struct guest guest;
/* Two pages, of which the second one can be taken away, and one behind them. */
static uint8_t *bitmap;
static uint8_t *model;
static void *data, *nowhere;

static uint64_t padded(const void *bits)
{
	return GARBAGE | (uintptr_t)bits;
}

static int get(uint32_t slot, void *to)
{
	struct kvm_dirty_log log = { .slot = slot };

	log.padding2 = padded(to);
	return ioctl(guest.vm, KVM_GET_DIRTY_LOG, &log) ? errno : 0;
}

static int clear(uint64_t first, uint32_t nr, const void *from)
{
	struct kvm_clear_dirty_log log = {
		.slot = DATA_SLOT,
		.first_page = first,
		.num_pages = nr,
	};

	log.padding2 = padded(from);
	return ioctl(guest.vm, KVM_CLEAR_DIRTY_LOG, &log) ? errno : 0;
}

/* @dirty pages from @first on, and no other. */
static void expect(unsigned long first, unsigned long dirty)
{
	memset(model, 0, BYTES);
	while (dirty--)
		guest_set_bit(model, first++);
}

static bool as_expected(void)
{
	unsigned long i;

	memset(bitmap, 0xa5, 3 * PAGE);
	if (get(DATA_SLOT, bitmap))
		return false;
	for (i = 0; i < BYTES * 8; i++) {
		if (guest_bit(bitmap, i) == guest_bit(model, i))
			continue;
		ksft_print_msg("page %lu: %s\n", i,
			       guest_bit(bitmap, i) ? "reported" : "lost");
		return false;
	}
	/* Nothing behind the bitmap. */
	return bitmap[BYTES] == 0xa5;
}

static void make_guest(uint64_t protect)
{
	data = guest_map(PAGES * PAGE);
	guest_make_vm(&guest);
	if (guest_manual_protect(&guest, protect))
		ksft_exit_fail_msg("manual protect\n");
	guest_make_code(&guest);
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, PAGES * PAGE,
			   KVM_MEM_LOG_DIRTY_PAGES))
		ksft_exit_fail_msg("data slot: %s\n", strerror(errno));
	guest_make_vcpu(&guest);
}

static void free_guest(void)
{
	guest_free(&guest);
	munmap(data, PAGES * PAGE);
}

static void write_some(void)
{
	int i;

	for (i = 0; i < WRITES; i++) {
		unsigned long nr = 1 + rand() % 5;
		unsigned long page = rand() % (PAGES - nr + 1);

		guest_write(&guest, GUEST_GPA + page * PAGE, nr, 1);
		while (nr--)
			guest_set_bit(model, page++);
	}
}

/* A whole number of words, but at the end of the slot. */
static unsigned long some_range(unsigned long *nr)
{
	unsigned long first = rand() % (PAGES / 64 + 1) * 64;

	*nr = (rand() % ((PAGES - first) / 64 + 1) + 1) * 64;
	if (first + *nr > PAGES)
		*nr = PAGES - first;
	return first;
}

static void test_get(void)
{
	bool ok = true;
	int i;

	make_guest(0);
	expect(0, 0);
	ksft_test_result(as_expected(), "GET: a new log is clean\n");

	guest_run(&guest);
	ksft_test_result(ioctl(guest.vm, KVM_GET_DIRTY_LOG, NULL) &&
			 errno == EFAULT, "GET: no argument: EFAULT\n");
	ksft_test_result(get(DATA_SLOT, nowhere) == EFAULT,
			 "GET: bad pointer: EFAULT\n");
	mprotect(bitmap + PAGE, PAGE, PROT_NONE);
	ksft_test_result(get(DATA_SLOT, bitmap) == EFAULT,
			 "GET: half a buffer: EFAULT\n");
	mprotect(bitmap + PAGE, PAGE, PROT_READ | PROT_WRITE);
	ksft_test_result(get(CODE_SLOT, bitmap) == ENOENT &&
			 get(0x7fff, bitmap) == EINVAL,
			 "GET: no log: ENOENT, no slot: EINVAL\n");
	/* The word that was shown is dirty as a whole. */
	expect(0, 64);
	ksft_test_result(as_expected(), "GET: nothing lost by any of them\n");
	expect(0, 0);
	ksft_test_result(as_expected(), "GET: reported once\n");

	for (i = 0; i < ROUNDS && ok; i++) {
		expect(0, 0);
		write_some();
		ok = as_expected();
	}
	ksft_test_result(ok, "GET: %d rounds as written\n", i);
	free_guest();
}

static void test_clear(void)
{
	unsigned long first, nr, n;
	bool ok = true;
	int i;

	make_guest(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
	guest_run(&guest);
	expect(0, GUEST_PAGES);
	ksft_test_result(as_expected() && as_expected(),
			 "CLEAR: GET alone clears nothing\n");

	memset(bitmap, 0xff, BYTES);
	mprotect(bitmap + PAGE, PAGE, PROT_NONE);
	ksft_test_result(ioctl(guest.vm, KVM_CLEAR_DIRTY_LOG, NULL) &&
			 errno == EFAULT &&
			 clear(0, PAGES, nowhere) == EFAULT &&
			 clear(0, PAGES, bitmap) == EFAULT,
			 "CLEAR: bad pointers: EFAULT\n");
	mprotect(bitmap + PAGE, PAGE, PROT_READ | PROT_WRITE);
	ksft_test_result(clear(1ULL << 32, 64, bitmap) == EINVAL &&
			 clear(32, 64, bitmap) == EINVAL &&
			 clear(0, 65, bitmap) == EINVAL,
			 "CLEAR: bad range: EINVAL\n");
	ksft_test_result(as_expected(), "CLEAR: nothing changed by any of them\n");

	for (i = 0; i < ROUNDS && ok; i++) {
		write_some();
		ok = as_expected();
		first = some_range(&nr);
		/* Some of the bits; those of the range come first. */
		for (n = 0; n < nr; n++) {
			bitmap[n / 8] &= ~(1 << n % 8);
			if (!(rand() % 2))
				continue;
			guest_set_bit(bitmap, n);
			model[(first + n) / 8] &= ~(1 << (first + n) % 8);
		}
		ok = ok && !clear(first, nr, bitmap) && as_expected();
	}
	ksft_test_result(ok, "CLEAR: %d rounds as written and cleared\n", i);
	free_guest();
}

int main(void)
{
	unsigned int seed = 0x32b17;
	struct utsname name;

	ksft_print_header();
	if (uname(&name) || strcmp(name.machine, "x86_64"))
		ksft_exit_skip("no 64-bit kernel but %s\n", name.machine);
	guest_open();
	srand(seed);
	bitmap = guest_map(3 * PAGE);
	model = guest_map(2 * PAGE);
	nowhere = guest_map(PAGE);
	mprotect(nowhere, PAGE, PROT_NONE);

	ksft_set_plan(13);
	test_get();
	test_clear();
	ksft_finished();
}
