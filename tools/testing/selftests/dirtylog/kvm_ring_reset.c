// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_RESET_DIRTY_RINGS believes what userspace left in the ring: slots that do
 * not log, or are not there, offsets beyond a slot, in any order. The pages that
 * the entries name are armed, no others. And when logging starts, all are. It comes
 * to an end, whatever userspace does to the ring meanwhile.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "../kselftest.h"
#include "guest.h"

#define PLAIN_SLOT	2
#define PLAIN_GPA	0x800000UL
#define DATA_PAGES	600UL
#define PLAIN_PAGES	64UL
#define ENTRIES		1024U
#define RING_BYTES	(ENTRIES * sizeof(struct kvm_dirty_gfn))

static struct guest guest;
/* Of the vCPU that writes. */
static struct kvm_dirty_gfn *ring;
/* Where the next entry will be. */
static unsigned int head;
static uint8_t armed[LOG_BYTES(DATA_PAGES)];

static struct kvm_dirty_gfn *entry(unsigned int i)
{
	return &ring[i % ENTRIES];
}

static int reset(void)
{
	int r = ioctl(guest.vm, KVM_RESET_DIRTY_RINGS, 0);

	return r < 0 ? -errno : r;
}

static unsigned int fresh(void)
{
	unsigned int n = 0;

	while (entry(head + n)->flags & KVM_DIRTY_GFN_F_DIRTY)
		n++;
	return n;
}

/* The guest stores to all pages: those that are armed are pushed, in order. */
static bool write_all(void)
{
	unsigned int n, i = head;
	unsigned long page;

	guest_write(&guest, GUEST_GPA, DATA_PAGES, 1);
	n = fresh();
	for (page = 0; page < DATA_PAGES; page++) {
		struct kvm_dirty_gfn *gfn = entry(i);

		if (!guest_bit(armed, page))
			continue;
		if (!(gfn->flags & KVM_DIRTY_GFN_F_DIRTY) ||
		    gfn->slot != DATA_SLOT || gfn->offset != page) {
			ksft_print_msg("page %lu is not pushed, but %#x:%#llx\n",
				       page, gfn->slot, gfn->offset);
			return false;
		}
		i++;
	}
	if (n != i - head) {
		ksft_print_msg("%u entries, not %u\n", n, i - head);
		return false;
	}
	memset(armed, 0, sizeof(armed));
	return true;
}

/* Hand @nr entries back. What they name, and is there, is armed afterwards. */
static bool give_back(unsigned int nr)
{
	unsigned int i;
	int r;

	for (i = head; i != head + nr; i++) {
		struct kvm_dirty_gfn *gfn = entry(i);

		if (gfn->slot == DATA_SLOT && gfn->offset < DATA_PAGES)
			guest_set_bit(armed, gfn->offset);
		__atomic_store_n(&gfn->flags, KVM_DIRTY_GFN_F_RESET,
				 __ATOMIC_RELEASE);
	}
	head += nr;
	r = reset();
	if (r != (int)nr)
		ksft_print_msg("%d entries were reset, not %u\n", r, nr);
	return r == (int)nr;
}

static void set(unsigned int i, uint32_t slot, uint64_t offset)
{
	entry(head + i)->slot = slot;
	entry(head + i)->offset = offset;
}

static void test_plain(void)
{
	uint8_t bits[LOG_BYTES(DATA_PAGES)];

	memset(armed, 0xff, sizeof(armed));
	ksft_test_result(guest_get(&guest, DATA_SLOT, bits) == ENXIO &&
			 guest_get(&guest, 77, bits) == ENXIO,
			 "GET: ENXIO\n");
	ksft_test_result(guest_clear(&guest, DATA_SLOT, 0, DATA_PAGES, bits) ==
			 ENXIO && guest_clear(&guest, 77, 1, 1, bits) == ENXIO,
			 "CLEAR: ENXIO\n");
	ksft_test_result(reset() == 0, "reset of nothing\n");
	ksft_test_result(write_all(), "all pages are pushed\n");
	guest_write(&guest, PLAIN_GPA, PLAIN_PAGES, 1);
	ksft_test_result(fresh() == DATA_PAGES,
			 "pages of a slot that does not log are not\n");
	ksft_test_result(give_back(200) && give_back(DATA_PAGES - 200),
			 "reset of all, in two parts\n");
	ksft_test_result(write_all(), "all pages are pushed again\n");
}

/* Every third page, descending, in runs that cross words, and some twice. */
static void test_order(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < 60; i++)
		set(n++, DATA_SLOT, DATA_PAGES - 1 - 3 * i);
	for (i = 0; i < 100; i++)
		set(n++, DATA_SLOT, 5 + 3 * i);
	for (i = 0; i < 40; i++)
		set(n++, DATA_SLOT, (61 + 7 * i) % DATA_PAGES);
	for (; n < DATA_PAGES; n++)
		set(n, DATA_SLOT, 130);
	ksft_test_result(give_back(DATA_PAGES), "reset in any order\n");
	ksft_test_result(write_all(), "what was named is pushed, no more\n");
}

/* A bad entry between two good ones that are too far from it to be merged. */
static void test_bad(void)
{
	static const struct {
		uint32_t slot;
		uint64_t offset;
	} bad[] = {
		{ PLAIN_SLOT, 0 }, { PLAIN_SLOT, 5 }, { PLAIN_SLOT, 63 },
		{ PLAIN_SLOT, PLAIN_PAGES }, { CODE_SLOT, 0 },
		{ 77, 0 }, { 77, 3 }, { 0x7fff, 0 }, { 0xffff, 1 },
		{ 1 << 16 | DATA_SLOT, 7 }, { 2 << 16 | DATA_SLOT, 7 },
		{ 0xffff0000 | DATA_SLOT, 7 },
		{ DATA_SLOT, DATA_PAGES + 64 }, { DATA_SLOT, DATA_PAGES + 65 },
		{ DATA_SLOT, 1UL << 32 }, { DATA_SLOT, 1UL << 52 },
		{ DATA_SLOT, 1UL << 63 }, { DATA_SLOT, ~0UL }, { DATA_SLOT, -64UL },
		{ DATA_SLOT, -65UL },
	};
	unsigned int i, n = 0, have = fresh();

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		set(n++, DATA_SLOT, 100 + i);
		set(n++, bad[i].slot, bad[i].offset);
		set(n++, DATA_SLOT, 200 + 3 * i);
	}
	if (n > have)
		ksft_exit_fail_msg("%u entries, %u are wanted\n", have, n);
	ksft_test_result(give_back(have), "reset with %u bad entries\n",
			 (unsigned int)ARRAY_SIZE(bad));
	ksft_test_result(write_all(), "the good ones are pushed, no more\n");
}

/* Beyond the slot, and near enough to good ones to be armed together with them. */
static void test_near(void)
{
	unsigned int i, have = fresh();

	/* No other entry makes up for those that are lost. */
	for (i = 5; i < have; i++)
		set(i, DATA_SLOT, 70);
	set(0, DATA_SLOT, DATA_PAGES + 3);
	set(1, DATA_SLOT, DATA_PAGES - 5);
	set(2, DATA_SLOT, 70);
	set(3, DATA_SLOT, DATA_PAGES - 6);
	set(4, DATA_SLOT, DATA_PAGES + 2);
	if (have < 5)
		ksft_exit_fail_msg("%u entries, 5 are wanted\n", have);
	ksft_test_result(give_back(have), "reset beyond the slot, and just before that\n");
	ksft_test_result(write_all(), "what is in the slot is pushed\n");
}

static void make_guest(void)
{
	if (guest_enable_cap(&guest, KVM_CAP_DIRTY_LOG_RING, RING_BYTES))
		ksft_exit_fail_msg("cannot have a ring\n");
	guest_make_code(&guest);
}

static void make_vcpu(void)
{
	guest_make_vcpu(&guest);
	ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		    guest.vcpu, KVM_DIRTY_LOG_PAGE_OFFSET * PAGE);
	if (ring == MAP_FAILED)
		ksft_exit_fail_msg("no ring to map\n");
	head = 0;
}

/* A whole lap in one call, whose last entries no other one repeats. */
static void test_lap(void)
{
	const unsigned int last = 10, from = 500;
	struct guest first = guest;
	unsigned int i;
	int r;

	/* The ring of the first vCPU is of no use afterwards. */
	for (i = 0; i < ENTRIES; i++) {
		ring[i].slot = DATA_SLOT;
		ring[i].offset = i < DATA_PAGES ? i : 130;
		if (i >= from && i < from + last)
			ring[i].offset = 130;
		if (i >= ENTRIES - last)
			ring[i].offset = from + i - (ENTRIES - last);
		__atomic_store_n(&ring[i].flags, KVM_DIRTY_GFN_F_RESET,
				 __ATOMIC_RELEASE);
	}
	r = reset();
	ksft_test_result(r == (int)ENTRIES, "a ring full of entries: one lap\n");

	guest.vcpu_id = 1;
	make_vcpu();
	memset(armed, 0xff, sizeof(armed));
	ksft_test_result(write_all(), "all that it named is armed\n");
	munmap(guest.run, PAGE);
	close(guest.vcpu);
	munmap(ring, RING_BYTES);
	guest = first;
}

static void set_data_slot(void *data, uint32_t flags)
{
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, DATA_PAGES * PAGE,
			   flags))
		ksft_exit_fail_msg("data slot, flags %#x\n", flags);
}

/* Entries of a slot that has gone, and of one that does not log any more. */
static void test_gone(void *data)
{
	unsigned int have = fresh();
	bool ok;

	set_data_slot(data, 0);
	ok = give_back(have / 2);
	if (guest_set_slot(&guest, DATA_SLOT, 0, NULL, 0, 0))
		ksft_exit_fail_msg("the slot does not go\n");
	ksft_test_result(ok && give_back(have - have / 2),
			 "reset when the slot has stopped to log, and is gone\n");
	set_data_slot(data, KVM_MEM_LOG_DIRTY_PAGES);
	memset(armed, 0xff, sizeof(armed));
	ksft_test_result(write_all(), "a new slot: all pages are pushed\n");
}

/* A ring has no bitmap that could start with all bits set. */
static void test_initially_set(void *data)
{
	guest_make_vm(&guest);
	make_guest();
	if (guest_manual_protect(&guest, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE |
					 KVM_DIRTY_LOG_INITIALLY_SET))
		ksft_exit_fail_msg("manual protect\n");
	set_data_slot(data, 0);
	make_vcpu();
	guest_write(&guest, GUEST_GPA, DATA_PAGES, 1);
	set_data_slot(data, KVM_MEM_LOG_DIRTY_PAGES);
	memset(armed, 0xff, sizeof(armed));
	ksft_test_result(write_all(), "INITIALLY_SET: all are pushed\n");
	guest_free(&guest);
}

static bool feeding;

static bool is_feeding(void)
{
	return __atomic_load_n(&feeding, __ATOMIC_RELAXED);
}

/* Hands all entries back, over and over, each far from the one before. */
static void *feed(void *unused)
{
	unsigned int i;

	while (is_feeding()) {
		for (i = 0; i < ENTRIES; i++) {
			ring[i].slot = DATA_SLOT;
			ring[i].offset = i % 8 * 70;
			__atomic_store_n(&ring[i].flags, KVM_DIRTY_GFN_F_RESET,
					 __ATOMIC_RELEASE);
		}
	}
	return NULL;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Ends a reset too that would not end otherwise. */
static void *stop_feeding(void *unused)
{
	double end = seconds() + 2;

	while (seconds() < end)
		usleep(10000);
	__atomic_store_n(&feeding, false, __ATOMIC_RELAXED);
	return NULL;
}

/* Leaves the ring in a state that no guest can go on with. */
static void test_fed(void)
{
	pthread_t feeder, stopper;
	int r, calls = 0, laps = 0, most = 0;

	feeding = true;
	if (pthread_create(&feeder, NULL, feed, NULL) ||
	    pthread_create(&stopper, NULL, stop_feeding, NULL))
		ksft_exit_fail_msg("no threads\n");
	for (; is_feeding(); calls++) {
		r = reset();
		if (r < 0)
			ksft_exit_fail_msg("reset: %d\n", r);
		laps += r == (int)ENTRIES;
		if (r > most)
			most = r;
	}
	pthread_join(feeder, NULL);
	pthread_join(stopper, NULL);
	ksft_print_msg("%d calls, %d laps, at most %d entries in one\n", calls, laps, most);
	ksft_test_result(laps > 0 && most == (int)ENTRIES,
			 "a ring that is fed meanwhile: one lap\n");
}

int main(void)
{
	struct kvm_dirty_gfn *fed_ring;
	void *data, *plain;

	ksft_print_header();
	guest_open();
	if (guest_cap(KVM_CAP_DIRTY_LOG_RING) <= 0)
		ksft_exit_skip("no dirty ring\n");
	ksft_set_plan(7 + 2 + 4 + 2 + 2 + 1 + 1 + 2 + 1);

	data = guest_map(DATA_PAGES * PAGE);
	plain = guest_map(PLAIN_PAGES * PAGE);
	guest_make_vm(&guest);
	ksft_test_result(reset() == -EINVAL, "no ring: EINVAL\n");
	make_guest();
	set_data_slot(data, KVM_MEM_LOG_DIRTY_PAGES);
	if (guest_set_slot(&guest, PLAIN_SLOT, PLAIN_GPA, plain,
			   PLAIN_PAGES * PAGE, 0))
		ksft_exit_fail_msg("plain slot\n");
	make_vcpu();

	test_plain();
	test_order();
	test_bad();
	/* Arm everything again, so that there are entries to hand back. */
	set_data_slot(data, 0);
	if (!give_back(fresh()))
		ksft_exit_fail_msg("the ring is not empty\n");
	set_data_slot(data, KVM_MEM_LOG_DIRTY_PAGES);
	memset(armed, 0xff, sizeof(armed));
	ksft_test_result(write_all(), "logging starts again: all are pushed\n");
	ksft_test_result(fresh() == DATA_PAGES, "each once\n");
	test_near();
	test_gone(data);
	fed_ring = ring;
	test_lap();
	ring = fed_ring;
	test_fed();
	guest_free(&guest);
	munmap(ring, RING_BYTES);
	test_initially_set(data);
	ksft_finished();
}
