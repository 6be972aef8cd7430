// SPDX-License-Identifier: GPL-2.0
/*
 * A log that starts with everything dirty leaves huge mappings writable until
 * their pages are cleared for the first time. That the capability is turned off
 * meanwhile must not make KVM forget to protect them.
 *
 *   -g   huge pages of 1G, instead of 2M
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../kselftest.h"
#include "guest.h"

#define HUGE_2M		(512 * PAGE)
#define HUGE_1G		(512 * HUGE_2M)
#define FIRST		(GUEST_GPA / PAGE)

static struct guest guest;
static bool gigantic;
static size_t huge = HUGE_2M, size = 2 * HUGE_2M;
static uint8_t bitmap[HUGE_1G / PAGE / 8];

/* Huge pages: what they come from, or NULL if they cannot be had. */
static void *map_huge(const char **what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
		       (gigantic ? 30 : 21) << MAP_HUGE_SHIFT, -1, 0);
	uintptr_t start;

	*what = "hugetlb";
	if (p != MAP_FAILED)
		return p;
	if (gigantic)
		return NULL;

	*what = "THP";
	start = (uintptr_t)guest_map(size + huge);
	start = (start + huge - 1) & ~(huge - 1);
	return madvise((void *)start, size, MADV_HUGEPAGE) ? NULL : (void *)start;
}

/* How many of the pages that the guest writes are reported, and how many else. */
static bool reported(unsigned long *written, unsigned long *other)
{
	unsigned long i;

	*written = 0;
	*other = 0;
	memset(bitmap, 0, sizeof(bitmap));
	if (guest_get(&guest, DATA_SLOT, bitmap))
		return false;
	for (i = 0; i < size / PAGE; i++) {
		if (!(bitmap[i / 8] >> i % 8 & 1))
			continue;
		if (i >= FIRST && i < FIRST + GUEST_PAGES)
			++*written;
		else
			++*other;
	}
	return true;
}

static void written_again(const char *text, const char *how)
{
	unsigned long written = 0, other;
	bool ok;

	guest_run(&guest);
	ok = reported(&written, &other) && written == GUEST_PAGES;
	if (!ok)
		ksft_print_msg("lost: %lu of %d pages\n", GUEST_PAGES - written,
			       GUEST_PAGES);
	ksft_test_result(ok, "%s%s\n", text, how);
}

/* Let KVM split huge mappings ahead of a write, or not. */
static void set_eager(bool eager)
{
	FILE *file = fopen("/sys/module/kvm/parameters/eager_page_split", "w");

	if (!file)
		return;
	fputs(eager ? "Y" : "N", file);
	if (fclose(file))
		ksft_exit_fail_msg("eager_page_split\n");
}

static void test(void *mem, bool eager)
{
	const char *how = eager ? "" : ", no eager split";
	unsigned long written, other, i;

	set_eager(eager);
	for (i = 0; i < size; i += huge)
		memset((char *)mem + i, 0, 1);
	guest_make(&guest, 0, mem, size, 0);
	guest_run(&guest);
	if (!gigantic)
		guest_need_huge(&guest);
	else if (!guest_stat(&guest, "pages_1g"))
		ksft_exit_fail_msg("KVM has no mapping of 1G\n");

	if (guest_manual_protect(&guest, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE |
					 KVM_DIRTY_LOG_INITIALLY_SET) ||
	    guest_set_slot(&guest, DATA_SLOT, 0, mem, size,
			   KVM_MEM_LOG_DIRTY_PAGES) ||
	    guest_manual_protect(&guest, 0))
		ksft_exit_fail_msg("cannot start to log\n");

	ksft_test_result(reported(&written, &other) && written + other == size / PAGE,
			 "all pages are dirty at first%s\n", how);
	written_again("writes after that are logged", how);
	written_again("and those after that", how);
	guest_free(&guest);
	set_eager(true);
}

int main(int argc, char **argv)
{
	const char *what;
	void *mem;

	if (argc > 1 && !strcmp(argv[1], "-g")) {
		gigantic = true;
		huge = HUGE_1G;
		size = HUGE_1G;
	}
	ksft_print_header();
	guest_open();
	mem = map_huge(&what);
	if (!mem)
		ksft_exit_skip("no huge pages\n");
	ksft_set_plan(6);
	ksft_print_msg("guest memory is %s\n", what);
	test(mem, true);
	test(mem, false);
	ksft_finished();
}
