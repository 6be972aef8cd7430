// SPDX-License-Identifier: GPL-2.0
/*
 * s390_huge [POLICY], of splitting segments.
 *
 * A guest backed by pages of 1M: its log is of whole segments, or of 4K pages where
 * segments are split, and outlives whatever the VMM does to their host entries. The copy,
 * made of reported pages, equals the memory.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		(2 * SEGMENT_PAGES)
#define SIZE		(PAGES * PAGE)
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define MANUAL		KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
/* Of the guest: in the first segment. */
#define WRITTEN		7UL

static uint8_t bitmap[LOG_BYTES(PAGES)], copy[SIZE];
static uint8_t *data;
/* Of shared memory, or -1. */
static int file;
static bool manual;
static uint32_t value;
/* Pages that a store is reported as. */
static unsigned long unit = SEGMENT_PAGES;

static void map_huge(bool shared)
{
	uint8_t *where = data ?: guest_map(SIZE);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;

	if (shared && file < 0) {
		file = syscall(SYS_memfd_create, "guest", MFD_HUGETLB);
		if (file < 0 || ftruncate(file, SIZE))
			guest_die("memfd");
	}
	if (shared)
		flags = MAP_SHARED;
	data = mmap(where, SIZE, PROT_READ | PROT_WRITE, flags | MAP_FIXED,
		    shared ? file : -1, 0);
	if (data == MAP_FAILED)
		guest_die("mmap");
}

static void unmap(void)
{
	munmap(data, SIZE);
	data = NULL;
	if (file >= 0)
		close(file);
	file = -1;
}

static void make_vm(struct guest *guest)
{
	guest_make_vm(guest);
	if (guest_enable_cap(guest, KVM_CAP_S390_HPAGE_1M, 0))
		guest_die("KVM_CAP_S390_HPAGE_1M");
	if (manual && guest_manual_protect(guest, MANUAL))
		guest_die("manual protect");
}

static void make_rest(struct guest *guest)
{
	guest_make_code(guest);
	if (guest_set_slot(guest, DATA_SLOT, GUEST_GPA, data, SIZE, LOG))
		guest_die("data slot");
	guest_make_vcpu(guest);
}

/* A guest that writes to all its memory, and a copy of that. */
static void make(struct guest *guest, bool shared)
{
	map_huge(shared);
	make_vm(guest);
	make_rest(guest);
	guest_write(guest, GUEST_GPA, PAGES, 1);
}

/* Harvest, and copy what is reported. Return: how many pages that is. */
static unsigned long harvest(struct guest *guest)
{
	unsigned long n = guest_reported(guest, DATA_SLOT, bitmap, PAGES), i;

	if (manual && guest_clear(guest, DATA_SLOT, 0, PAGES, bitmap))
		guest_die("CLEAR");
	for (i = 0; i < PAGES; i++) {
		if (guest_bit(bitmap, i))
			memcpy(copy + i * PAGE, data + i * PAGE, PAGE);
	}
	return n;
}

static void store(struct guest *guest)
{
	guest_aim(guest, GUEST_GPA + WRITTEN * PAGE, 1, 1, ++value);
	errno = guest_finish(guest);
	if (errno)
		guest_die("the guest stores");
}

static bool equal(void)
{
	return !memcmp(copy, data, SIZE);
}

static void test_segment(void)
{
	struct guest guest;
	unsigned long n;

	make(&guest, true);
	ksft_test_result(harvest(&guest) == PAGES && equal(), "all is written\n");
	ksft_test_result(!harvest(&guest), "nothing is written\n");
	store(&guest);
	n = harvest(&guest);
	ksft_test_result(n == unit && guest_bit(bitmap, WRITTEN) && equal(),
			 "a page is written\n");
	store(&guest);
	store(&guest);
	ksft_test_result(harvest(&guest) == unit && equal(), "and again\n");
	guest_free(&guest);
	unmap();
}

/* What a VMM does to its memory, which keeps its contents. */
static bool protect(void)
{
	return !mprotect(data, SIZE, PROT_READ) &&
	       !mprotect(data, SIZE, PROT_READ | PROT_WRITE);
}

static bool make_child(void)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(0);
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

static bool move_away_and_back(void)
{
	uint8_t *elsewhere = guest_map(SIZE);

	return mremap(data, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere) ==
	       elsewhere &&
	       mremap(elsewhere, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, data) == data;
}

static bool drop_tables(void)
{
	return !madvise(data, SIZE, MADV_DONTNEED);
}

static const struct change {
	const char *name;
	bool (*change)(void);
	bool shared;
} changes[] = {
	{ "mprotect", protect, true },
	{ "mprotect, private", protect, false },
	{ "fork", make_child, true },
	{ "fork, private", make_child, false },
	{ "mremap", move_away_and_back, true },
	{ "MADV_DONTNEED", drop_tables, true },
};

#define NR_CHANGES	(sizeof(changes) / sizeof(*changes))

static void test_change(const struct change *change)
{
	const char *how = manual ? ", CLEAR" : "";
	struct guest guest;

	make(&guest, change->shared);
	harvest(&guest);
	store(&guest);
	if (!change->change())
		guest_die(change->name);
	/* The end of a migration: the guest does not store to the segment again. */
	harvest(&guest);
	ksft_test_result(equal(), "written, then %s%s\n", change->name, how);
	store(&guest);
	harvest(&guest);
	ksft_test_result(equal(), "%s, then written%s\n", change->name, how);
	guest_free(&guest);
	unmap();
}

/* While a child has the page too, the guest's next store makes a copy of it. */
static void test_copied(void)
{
	struct guest guest;
	int go[2];
	pid_t child;
	char c;

	make(&guest, false);
	harvest(&guest);
	if (pipe(go))
		guest_die("pipe");
	child = fork();
	if (!child) {
		close(go[1]);
		_exit(read(go[0], &c, 1));
	}
	store(&guest);
	ksft_test_result(harvest(&guest) >= unit && equal(),
			 "a store that copies the page\n");
	close(go[1]);
	waitpid(child, NULL, 0);
	close(go[0]);
	store(&guest);
	ksft_test_result(harvest(&guest) == unit && equal(), "and one after it\n");
	guest_free(&guest);
	unmap();
}

/* 4K pages take the place of huge ones, and those theirs, under a running log. */
static void test_sizes(void)
{
	struct guest guest;

	make(&guest, true);
	harvest(&guest);
	if (mmap(data, SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != data)
		guest_die("mmap");
	guest_write(&guest, GUEST_GPA, PAGES, 1);
	harvest(&guest);
	store(&guest);
	ksft_test_result(harvest(&guest) == 1 && equal(), "4K pages in their place\n");
	map_huge(true);
	guest_write(&guest, GUEST_GPA, PAGES, 1);
	harvest(&guest);
	store(&guest);
	ksft_test_result(harvest(&guest) == unit && equal(), "huge ones again\n");
	guest_free(&guest);
	unmap();
}

/* What one of two guests of the same memory stores is logged for both. */
static void test_two(void)
{
	struct guest one, two;
	bool ok;

	make(&one, true);
	make_vm(&two);
	make_rest(&two);
	guest_write(&two, GUEST_GPA, PAGES, 1);
	harvest(&two);
	harvest(&one);
	store(&one);
	ok = harvest(&one) == unit && equal();
	ksft_test_result(ok, "two VMs: in the log of the VM that wrote\n");
	memset(copy, 0, SIZE);
	harvest(&two);
	ksft_test_result(!memcmp(copy + WRITTEN * PAGE, data + WRITTEN * PAGE, PAGE),
			 "two VMs: and in that of the other\n");
	guest_free(&one);
	guest_free(&two);
	unmap();
}

/* What KVM stores for the VMM. */
static void test_mem_op(void)
{
	struct guest guest;
	uint32_t word = 5;

	make(&guest, true);
	harvest(&guest);
	if (guest_mem_op(&guest, GUEST_GPA + SEGMENT + PAGE, &word, sizeof(word)))
		guest_die("KVM_S390_MEM_OP");
	ksft_test_result(harvest(&guest) && guest_bit(bitmap, SEGMENT_PAGES + 1) && equal(),
			 "KVM_S390_MEM_OP\n");
	guest_free(&guest);
	unmap();
}

/* The VMM's own stores are logged on request. */
static void test_host(void)
{
	struct guest guest, other;
	uint32_t word = 6;
	bool logged;
	int r;

	manual = false;
	map_huge(true);
	make_vm(&guest);
	make_vm(&other);
	r = guest_log_host(&guest);
	if (r == ENXIO) {
		ksft_test_result_skip("stores of the VMM\n");
		ksft_test_result_skip("stores of the guest beside them\n");
		ksft_test_result_skip("MEM_OP of another VM\n");
		ksft_test_result_skip("stores of the VMM, once more\n");
		ksft_test_result_skip("too late for stores of the VMM\n");
		guest_free(&guest);
		guest_free(&other);
		unmap();
		return;
	}
	if (r)
		guest_die("KVM_S390_VM_MEM_LOG_HOST");
	make_rest(&guest);
	make_rest(&other);
	guest_write(&guest, GUEST_GPA, PAGES, 1);
	harvest(&guest);
	*(uint32_t *)(data + SEGMENT + 8 * PAGE) = ++value;
	ksft_test_result(harvest(&guest) == SEGMENT_PAGES &&
			 guest_bit(bitmap, SEGMENT_PAGES + 8) && equal(),
			 "stores of the VMM\n");
	store(&guest);
	logged = harvest(&guest) == unit && equal();
	ksft_test_result(logged && !harvest(&guest), "stores of the guest beside them\n");
	if (guest_mem_op(&other, GUEST_GPA + SEGMENT, &word, sizeof(word)))
		guest_die("KVM_S390_MEM_OP");
	ksft_test_result(harvest(&guest) == SEGMENT_PAGES && equal(),
			 "MEM_OP of another VM\n");
	*(uint32_t *)(data + 8 * PAGE) = ++value;
	ksft_test_result(harvest(&guest) == SEGMENT_PAGES && equal(),
			 "stores of the VMM, once more\n");
	ksft_test_result(guest_log_host(&guest) == EBUSY, "too late for stores of the VMM\n");
	guest_free(&guest);
	guest_free(&other);
	unmap();
}

#define POLICY	"/sys/module/gmap_split/parameters/policy"

/* The kernel's policy of splitting, '0' if it has none. */
static char split_policy(void)
{
	FILE *f = fopen(POLICY, "r");
	char policy = '0';

	if (!f)
		return policy;
	policy = fgetc(f);
	fclose(f);
	return policy;
}

static void set_split_policy(char to)
{
	FILE *f = fopen(POLICY, "w");

	if (f) {
		fputc(to, f);
		fclose(f);
	}
	unit = split_policy() == '0' ? SEGMENT_PAGES : 1;
}

int main(int argc, char **argv)
{
	bool clear;
	char policy;
	unsigned int i;

	ksft_print_header();
	guest_open();
	if (!guest_cap(KVM_CAP_S390_HPAGE_1M))
		ksft_exit_skip("KVM has no pages of 1M\n");
	clear = guest_cap(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2);
	ksft_set_plan(4 + 2 * NR_CHANGES * 2 + 2 + 2 + 2 + 1 + 5);
	file = -1;
	policy = split_policy();
	set_split_policy(argc > 1 ? *argv[1] : policy);
	ksft_print_msg("a store is reported as %lu pages\n", unit);

	test_segment();
	for (i = 0; i < NR_CHANGES; i++)
		test_change(&changes[i]);
	test_copied();
	test_sizes();
	test_two();
	test_mem_op();
	for (i = 0; i < NR_CHANGES; i++) {
		manual = clear;
		if (clear) {
			test_change(&changes[i]);
		} else {
			ksft_test_result_skip("written, then %s, CLEAR\n", changes[i].name);
			ksft_test_result_skip("%s, then written, CLEAR\n", changes[i].name);
		}
	}
	test_host();
	set_split_policy(policy);
	ksft_finished();
}
