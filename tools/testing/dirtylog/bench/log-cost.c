// SPDX-License-Identifier: GPL-2.0
/*
 * log-cost: the path length of KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG.
 *
 * A guest writes a byte to each page of a slot, to few of them, or to none; then
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
#include <sys/ioctl.h>
#include <x86intrin.h>

#include "guest.h"

#define NR_PAGES	16384UL
#define BITMAP_BYTES	(NR_PAGES / 8)
#define STRIDE_SPARSE	512
#define ROUNDS		9
/* The first passes over fresh page tables differ from those that follow. */
#define WARMUP		2

#define CODE_GPA	0x1000
/* In a page; past the code, which is in a page of the slot. */
#define OFFSET		0xff8

/* 1: incb (%edi); add %edx, %edi; cmp %ecx, %edi; jb 1b; out %al, $0x10 */
static const uint8_t code[] = {
	0xfe, 0x07,
	0x01, 0xd7,
	0x39, 0xcf,
	0x72, 0xf8,
	0xe6, 0x10,
};

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

static void flat_segment(struct kvm_segment *seg, uint8_t type)
{
	*seg = (struct kvm_segment) {
		.limit = 0xffffffff,
		.selector = type == 0xb ? 0x8 : 0x10,
		.type = type,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
}

/* guest.c's machine, with a wider view: flat protected mode, and our code. */
static void make(struct guest *guest, uint8_t *mem, uint64_t protect)
{
	struct kvm_sregs sregs;

	guest_make(guest, 0, mem, NR_PAGES * PAGE, 0);
	memcpy(mem + CODE_GPA, code, sizeof(code));
	if (protect)
		check(guest_manual_protect(guest, protect), "manual protect");
	if (ioctl(guest->vcpu, KVM_GET_SREGS, &sregs))
		die("KVM_GET_SREGS");
	flat_segment(&sregs.cs, 0xb);
	flat_segment(&sregs.ds, 0x3);
	sregs.es = sregs.ds;
	sregs.ss = sregs.ds;
	sregs.cr0 = 0x31;	/* PE, ET, NE */
	if (ioctl(guest->vcpu, KVM_SET_SREGS, &sregs))
		die("KVM_SET_SREGS");
}

static void write_pages(struct guest *guest, unsigned int stride)
{
	struct kvm_regs regs = {
		.rip = CODE_GPA,
		.rflags = 2,
		.rdi = OFFSET,
		.rdx = stride * PAGE,
		.rcx = NR_PAGES * PAGE,
	};

	if (!stride)
		return;
	if (ioctl(guest->vcpu, KVM_SET_REGS, &regs))
		die("KVM_SET_REGS");
	guest_run(guest);
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
	check(guest_set_slot(&guest, DATA_SLOT, 0, mem, NR_PAGES * PAGE,
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
