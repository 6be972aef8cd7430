// SPDX-License-Identifier: GPL-2.0
/*
 * Remote TLBs are flushed once for each ioctl in which a page was taken, however
 * many pages there are, and not at all where none was.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "../kselftest.h"
#include "guest.h"

/* Four times what mmu_lock is held for, a page table, and part of a word. */
#define BIG_PAGES	(4 * 32768UL + 512 + 13)
/* Of the big slot, in steps of STRIDE pages: hundreds of page tables. */
#define SPARSE_PAGES	250
#define STRIDE		523
#define HUGE		(512 * PAGE)
#define HUGE_PAGES	(2 * 512UL)
#define RING_BYTES	(1024 * sizeof(struct kvm_dirty_gfn))

#define MANUAL		KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
#define INITIALLY_SET	(MANUAL | KVM_DIRTY_LOG_INITIALLY_SET)

static struct guest guest;
static uint8_t bitmap[LOG_BYTES(BIG_PAGES)];
static uint8_t ones[sizeof(bitmap)];

static uint64_t flushes(void)
{
	return guest_stat(&guest, "remote_tlb_flush_requests");
}

/* A call returned @r, @before it there had been so many flushes. */
static void check(const char *what, int r, uint64_t before, unsigned int expect)
{
	uint64_t n = flushes() - before;

	ksft_test_result(r == 0 && n == expect,
			 "%s: errno %d, %llu flushes of %u\n", what, r,
			 (unsigned long long)n, expect);
}

static void get(const char *what, unsigned long pages, unsigned int expect)
{
	uint64_t before = flushes();
	int r = guest_get(&guest, DATA_SLOT, bitmap);
	unsigned long n;

	check(what, r, before, expect);
	n = guest_count(bitmap, BIG_PAGES);
	if (n != pages)
		ksft_exit_fail_msg("%lu dirty pages, not %lu\n", n, pages);
}

static void clear(const char *what, unsigned long first, unsigned long nr,
		  void *from, unsigned int expect)
{
	uint64_t before = flushes();

	check(what, guest_clear(&guest, DATA_SLOT, first, nr, from), before,
	      expect);
}

static void *make_big(uint64_t protect)
{
	void *data = guest_map(BIG_PAGES * PAGE);

	guest_make_vm(&guest);
	if (guest_manual_protect(&guest, protect))
		ksft_exit_fail_msg("manual protect\n");
	guest_make_code(&guest);
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, BIG_PAGES * PAGE,
			   KVM_MEM_LOG_DIRTY_PAGES))
		ksft_exit_fail_msg("data slot\n");
	guest_make_vcpu(&guest);
	return data;
}

static void free_big(void *data)
{
	guest_free(&guest);
	munmap(data, BIG_PAGES * PAGE);
}

static void test_get(void)
{
	void *data = make_big(0);
	uint64_t before;
	int r;

	get("GET of nothing", 0, 0);
	guest_write(&guest, GUEST_GPA, 1, 1);
	get("GET of one page", 1, 1);
	get("GET of nothing again", 0, 0);
	guest_write(&guest, GUEST_GPA, SPARSE_PAGES, STRIDE);
	get("GET of pages in many tables", SPARSE_PAGES, 1);
	guest_write(&guest, GUEST_GPA, 32768 + 600, 1);
	get("GET of more pages than fit one section", 32768 + 600, 1);

	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, BIG_PAGES * PAGE,
			   0))
		ksft_exit_fail_msg("logging does not end\n");
	before = flushes();
	r = guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, BIG_PAGES * PAGE,
			   KVM_MEM_LOG_DIRTY_PAGES);
	check("the start of logging", r, before, 1);
	free_big(data);
}

static void test_clear(void)
{
	void *data = make_big(INITIALLY_SET);
	void *nothing = guest_map(sizeof(bitmap));

	get("manual GET of all", BIG_PAGES, 0);
	clear("CLEAR of nothing", 0, BIG_PAGES, nothing, 0);
	clear("CLEAR of no pages", 0, 0, ones, 0);
	clear("CLEAR of one word", 64, 64, ones, 1);
	clear("CLEAR of what is clean", 64, 64, ones, 0);
	clear("CLEAR of all", 0, BIG_PAGES, ones, 1);
	clear("CLEAR of all again", 0, BIG_PAGES, ones, 0);
	get("manual GET of nothing", 0, 0);
	guest_write(&guest, GUEST_GPA, SPARSE_PAGES, STRIDE);
	get("manual GET of pages in many tables", SPARSE_PAGES, 0);
	clear("CLEAR of pages in many tables", 0, BIG_PAGES, bitmap, 1);
	free_big(data);
	munmap(nothing, sizeof(bitmap));
}

/* Huge entries that are writable when logging starts, and split afterwards. */
static void test_huge(void)
{
	uint8_t *start = guest_map(HUGE_PAGES * PAGE + HUGE);
	uint8_t *data;

	data = (void *)(((uintptr_t)start + HUGE - 1) & ~(HUGE - 1));
	if (madvise(data, HUGE_PAGES * PAGE, MADV_HUGEPAGE)) {
		ksft_test_result_skip("no transparent huge pages\n");
		return;
	}
	memset(data, 1, HUGE_PAGES * PAGE);
	guest_make(&guest, 0, data, HUGE_PAGES * PAGE, 0);
	guest_write(&guest, 2 * PAGE, HUGE_PAGES - 2, 1);
	guest_need_huge(&guest);
	if (guest_manual_protect(&guest, INITIALLY_SET) ||
	    guest_set_slot(&guest, DATA_SLOT, 0, data, HUGE_PAGES * PAGE,
			   KVM_MEM_LOG_DIRTY_PAGES))
		ksft_exit_fail_msg("cannot start to log\n");
	clear("CLEAR of huge pages", 0, HUGE_PAGES, ones, 1);
	guest_free(&guest);
	munmap(start, HUGE_PAGES * PAGE + HUGE);
}

static int reset_rings(void)
{
	return ioctl(guest.vm, KVM_RESET_DIRTY_RINGS, 0);
}

static void test_ring(void)
{
	void *data = guest_map(BIG_PAGES * PAGE);
	struct kvm_dirty_gfn *ring;
	uint64_t before;
	unsigned int i;
	int r;

	if (guest_cap(KVM_CAP_DIRTY_LOG_RING) <= 0) {
		ksft_test_result_skip("no dirty ring: reset of nothing\n");
		ksft_test_result_skip("no dirty ring: reset of many pages\n");
		return;
	}
	guest_make_vm(&guest);
	if (guest_enable_cap(&guest, KVM_CAP_DIRTY_LOG_RING, RING_BYTES))
		ksft_exit_fail_msg("cannot have a ring\n");
	guest_make_code(&guest);
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, BIG_PAGES * PAGE,
			   KVM_MEM_LOG_DIRTY_PAGES))
		ksft_exit_fail_msg("data slot\n");
	guest_make_vcpu(&guest);
	ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		    guest.vcpu, KVM_DIRTY_LOG_PAGE_OFFSET * PAGE);
	if (ring == MAP_FAILED)
		ksft_exit_fail_msg("no ring to map\n");

	before = flushes();
	r = reset_rings();
	check("ring reset of nothing", r, before, 0);

	guest_write(&guest, GUEST_GPA, SPARSE_PAGES, STRIDE);
	for (i = 0; ring[i].flags & KVM_DIRTY_GFN_F_DIRTY; i++)
		__atomic_store_n(&ring[i].flags, KVM_DIRTY_GFN_F_RESET,
				 __ATOMIC_RELEASE);
	before = flushes();
	r = reset_rings();
	check("ring reset of pages in many tables",
	      r == (int)i && i == SPARSE_PAGES ? 0 : -1, before, 1);
	munmap(ring, RING_BYTES);
	free_big(data);
}

int main(void)
{
	ksft_print_header();
	guest_open();
	memset(ones, 0xff, sizeof(ones));
	ksft_set_plan(6 + 10 + 1 + 2);
	test_get();
	test_clear();
	test_huge();
	test_ring();
	ksft_finished();
}
