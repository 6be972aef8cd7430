// SPDX-License-Identifier: GPL-2.0
/*
 * Huge pages of 1 MiB, which tests of large segments need: a mapping of hugetlbfs
 * is one, all its 4K pages can be written and read, and it can be protected.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <linux/mman.h>

#include "../kselftest.h"

#define PAGE	4096UL
#define SEGMENT	0x100000UL
#define SIZE	(2 * SEGMENT)

static sigjmp_buf denied;

/* The KiB that /proc/self/smaps has for the mapping at @start, or -1. */
static long kb_of(void *start, const char *name)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	bool here = false;
	char line[256], is[64];
	unsigned long from, to;
	long kb, found = -1;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from == (uintptr_t)start;
		else if (here && sscanf(line, "%63[^:]: %ld kB", is, &kb) == 2 &&
			 !strcmp(is, name))
			found = kb;
	}
	if (f)
		fclose(f);
	return found;
}

static void on_fault(int sig)
{
	siglongjmp(denied, sig);
}

static bool can_store(uint64_t *to)
{
	if (sigsetjmp(denied, 1))
		return false;
	__atomic_store_n(to, 1, __ATOMIC_SEQ_CST);
	return true;
}

int main(void)
{
	unsigned long i, same = 0, stored = 0;
	uint8_t *p;

	ksft_print_header();
	if (!(getauxval(AT_HWCAP) & HWCAP_S390_HPAGE))
		ksft_exit_skip("the machine has no EDAT1, and no pages of 1M\n");
	ksft_set_plan(4);
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_1MB, -1, 0);
	if (p == MAP_FAILED)
		ksft_exit_fail_perror("mmap of pages of 1M");

	for (i = 0; i < SIZE; i += PAGE)
		*(uint64_t *)(p + i) = i + 7;
	for (i = 0; i < SIZE; i += PAGE)
		same += *(uint64_t *)(p + i) == i + 7;
	ksft_test_result(same == SIZE / PAGE, "each page has what was written to it\n");
	ksft_test_result(kb_of(p, "KernelPageSize") == SEGMENT / 1024, "they are of 1M\n");
	ksft_test_result(kb_of(p, "Private_Hugetlb") == SIZE / 1024, "and mapped\n");

	signal(SIGSEGV, on_fault);
	if (mprotect(p, SEGMENT, PROT_READ))
		ksft_exit_fail_perror("mprotect");
	for (i = 0; i < SIZE; i += PAGE)
		stored += can_store((uint64_t *)(p + i));
	ksft_test_result(stored == SEGMENT / PAGE && *(uint64_t *)p == 7,
			 "the protected one cannot be written, the other one can\n");
	ksft_finished();
}
