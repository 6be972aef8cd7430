// SPDX-License-Identifier: GPL-2.0
/*
 * log-cost: the path length of KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG.
 *
 * A guest writes a word to each page of a slot, to few of them, or to none; then
 * the TSC is read before and after one ioctl. Run it where a tick is an
 * instruction (QEMU, -icount shift=0). Prints
 *
 *	COST OP DENSITY ROUND TICKS FLUSHES
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "guest.h"

#define NR_PAGES	16384UL
#define BITMAP_BYTES	(NR_PAGES / 8)
#define STRIDE_SPARSE	512
#define ROUNDS		9
/* The first passes over fresh page tables differ from those that follow. */
#define WARMUP		2

static const struct density {
	const char *name;
	/* In pages; 0: the guest does not run. */
	unsigned int stride;
} densities[] = {
	{ "dense", 1 },
	{ "sparse", STRIDE_SPARSE },
	{ "idle", 0 },
};

static const struct op {
	const char *name;
	uint64_t protect;
} ops[] = {
	{ "get", 0 },
	{ "clear", KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE },
	{ "clear-initset", KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE |
			   KVM_DIRTY_LOG_INITIALLY_SET },
};

static uint64_t bitmap[BITMAP_BYTES / sizeof(uint64_t)];

static void die(const char *what)
{
	printf("log-cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(int err, const char *what)
{
	errno = err;
	if (err)
		die(what);
}

static unsigned long long nr_flushes(void)
{
	static const char path[] =
		"/sys/kernel/debug/kvm/remote_tlb_flush_requests";
	unsigned long long nr;
	FILE *file = fopen(path, "r");

	if (!file || fscanf(file, "%llu", &nr) != 1)
		die(path);
	fclose(file);
	return nr;
}

static void make(struct guest *guest, uint8_t *mem, uint64_t protect)
{
	guest_make(guest, GUEST_GPA, mem, NR_PAGES * PAGE, 0);
	if (protect)
		check(guest_manual_protect(guest, protect), "manual protect");
}

static void write_pages(struct guest *guest, unsigned int stride)
{
	if (stride)
		guest_write(guest, GUEST_GPA, NR_PAGES / stride, stride);
}

/* Both kernels must have had the same to do. */
static void check_bitmap(unsigned int stride, bool first)
{
	unsigned long i, nr = 0, want = stride ? NR_PAGES / stride : 0;

	for (i = 0; i < BITMAP_BYTES / sizeof(*bitmap); i++)
		nr += __builtin_popcountll(bitmap[i]);
	if (nr != want && !first) {
		printf("log-cost: %lu pages are dirty, not %lu\n", nr, want);
		exit(1);
	}
}

static void measure(const struct op *op, const struct density *density,
		    uint8_t *mem)
{
	struct guest guest;
	int round;

	make(&guest, mem, op->protect);
	write_pages(&guest, 1);
	check(guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, mem, NR_PAGES * PAGE,
			     KVM_MEM_LOG_DIRTY_PAGES), "logging");

	for (round = -WARMUP; round < ROUNDS; round++) {
		/* All page tables are there, whatever is written later. */
		unsigned int stride = round < 0 ? 1 : density->stride;
		unsigned long long flushes, ticks;

		write_pages(&guest, stride);
		if (op->protect) {
			check(guest_get(&guest, DATA_SLOT, bitmap), "get");
			check_bitmap(stride, round == -WARMUP);
			flushes = nr_flushes();
			ticks = __rdtsc();
			check(guest_clear(&guest, DATA_SLOT, 0, NR_PAGES,
					  bitmap), "clear");
		} else {
			flushes = nr_flushes();
			ticks = __rdtsc();
			check(guest_get(&guest, DATA_SLOT, bitmap), "get");
		}
		ticks = __rdtsc() - ticks;
		flushes = nr_flushes() - flushes;
		if (!op->protect)
			check_bitmap(stride, round == -WARMUP);
		if (round >= 0)
			printf("COST %s %s %d %llu %llu\n", op->name,
			       density->name, round, ticks, flushes);
	}
	guest_free(&guest);
}

/* A tick has to be an instruction: 10^6 turns of a loop of two. */
static void calibrate(void)
{
	unsigned long n = 1000000;
	unsigned long long ticks = __rdtsc();

	asm volatile("1: dec %0; jnz 1b" : "+r"(n) : : "cc");
	ticks = __rdtsc() - ticks;
	printf("CALIBRATE %llu\n", ticks);
}

int main(void)
{
	uint8_t *mem;
	unsigned int i, j;

	setvbuf(stdout, NULL, _IOLBF, 0);
	calibrate();
	guest_open();
	mem = guest_map(NR_PAGES * PAGE);
	memset(mem, 1, NR_PAGES * PAGE);
	memset(bitmap, 0, sizeof(bitmap));
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		for (j = 0; j < sizeof(densities) / sizeof(*densities); j++)
			measure(&ops[i], &densities[j], mem);
	return 0;
}
