// SPDX-License-Identifier: GPL-2.0
/*
 * The migration: copy while the guest runs, round by round, then stop it, copy
 * the rest, and compare.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "precopy.h"

#define CANARY		0xc0ffee5eed0ff1ceULL
#define MIN_STORES	16	/* by every vCPU in every round */
#define STALL_SECONDS	20
#define LOOK_SECONDS	60

struct copy {
	const struct options *opt;
	enum mode mode;
	struct vm *vm;
	struct rng *rng;
	struct witness wit;
	struct outcome *out;
	u8 *dest;
	u64 *bitmap;	/* one word longer than KVM may write */
	size_t words;
	u64 reported;	/* counted for --forget */
	u64 harvested;	/* counted for --lose */
	u32 stores[MAX_VCPUS];
	double last_harvest;
};

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void sleep_ms(unsigned int ms)
{
	struct timespec ts = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000L,
	};

	nanosleep(&ts, NULL);	/* sooner is harmless */
}

/* Whoever has set RIG_LOOK shows what there is to see, and then kills us. */
static void ask_for_a_look(void)
{
	const char *path = getenv("RIG_LOOK");
	int fd = path ? open(path, O_WRONLY | O_NONBLOCK) : -1;

	if (fd < 0)
		return;
	if (write(fd, "\n", 1) == 1)
		sleep(LOOK_SECONDS);
	close(fd);
}

static noreturn void stood_still(unsigned int vcpu)
{
	fprintf(stderr, "precopy: vCPU %u stood still for %d s\n", vcpu, STALL_SECONDS);
	ask_for_a_look();
	exit(EXIT_DIFFERS);
}

/* Let the guest run; return once every vCPU has shown that it does */
static void let_run(struct copy *copy, unsigned int ms)
{
	u32 start[MAX_VCPUS];
	double deadline;
	unsigned int i;

	for (i = 0; i < copy->opt->vcpus; i++)
		start[i] = vm_stores(copy->vm, i);
	sleep_ms(ms);

	deadline = now() + STALL_SECONDS;
	for (i = 0; i < copy->opt->vcpus; i++) {
		while (vm_stores(copy->vm, i) - start[i] < MIN_STORES) {
			if (!vm_healthy(copy->vm))
				die(EXIT_DIFFERS, "the guest does not run");
			if (now() > deadline)
				stood_still(i);
			sleep_ms(1);
		}
	}
	if (!vm_healthy(copy->vm))
		die(EXIT_DIFFERS, "the guest does not run");
}

static void count_stores(struct copy *copy, struct round *round)
{
	unsigned int i;

	for (i = 0; i < copy->opt->vcpus; i++) {
		u32 stores = vm_stores(copy->vm, i);

		round->stores += (u32)(stores - copy->stores[i]);
		copy->stores[i] = stores;
	}
}

static void copy_page(struct copy *copy, u64 page)
{
	size_t offset = page << PAGE_SHIFT;

	if (copy->opt->forget && ++copy->reported % copy->opt->forget == 0) {
		copy->out->forgotten++;
		return;
	}
	memcpy(copy->dest + offset, copy->vm->data + offset, PAGE_BYTES);
}

static void copy_reported(struct copy *copy, u64 first, u64 num)
{
	u64 word = first / BITS_PER_WORD;
	u64 end = (first + num + BITS_PER_WORD - 1) / BITS_PER_WORD;

	for (; word < end; word++) {
		u64 bits = copy->bitmap[word];

		for (; bits; bits &= bits - 1)
			copy_page(copy, word * BITS_PER_WORD + __builtin_ctzll(bits));
	}
}

static u64 count_reported(struct copy *copy, u64 first, u64 num)
{
	u64 word = first / BITS_PER_WORD;
	u64 end = (first + num + BITS_PER_WORD - 1) / BITS_PER_WORD;
	u64 n = 0;

	for (; word < end; word++)
		n += __builtin_popcountll(copy->bitmap[word]);
	return n;
}

/* Reports of pages that only KVM writes */
static void count_kernel(struct copy *copy)
{
	u64 page;

	for (page = copy->vm->guest_pages; page < copy->opt->npages; page++)
		copy->out->kernel += copy->bitmap[page / BITS_PER_WORD] >>
				     (page % BITS_PER_WORD) & 1;
}

/* --lose: take a page out of the log as if KVM had never reported it */
static void lose_some(struct copy *copy)
{
	u64 word;

	for (word = 0; word < copy->words; word++) {
		u64 first = word * BITS_PER_WORD;
		u64 num = copy->opt->npages - first;
		u64 bits = copy->bitmap[word];
		u64 keep = bits;

		for (; bits; bits &= bits - 1)
			if (++copy->harvested % copy->opt->lose == 0)
				keep &= ~(bits & -bits);
		if (keep == copy->bitmap[word])
			continue;
		copy->bitmap[word] ^= keep;
		copy->out->hidden += __builtin_popcountll(copy->bitmap[word]);
		if (copy->mode != MODE_GET)
			vm_log_clear(copy->vm, copy->bitmap, first,
				     num < BITS_PER_WORD ? num : BITS_PER_WORD);
		copy->bitmap[word] = keep;
	}
}

/*
 * GET into a bitmap that held something else before. A bit behind the last
 * page or a byte behind the bitmap is KVM's mistake, whatever the pages say.
 */
static void get(struct copy *copy)
{
	u64 tail = copy->opt->npages % BITS_PER_WORD;

	memset(copy->bitmap, 0xa5, copy->words * sizeof(*copy->bitmap));
	copy->bitmap[copy->words] = CANARY;
	vm_log_get(copy->vm, copy->bitmap);
	if (copy->bitmap[copy->words] != CANARY)
		die(EXIT_DIFFERS, "KVM_GET_DIRTY_LOG wrote behind the bitmap");
	if (tail && copy->bitmap[copy->words - 1] >> tail)
		die(EXIT_DIFFERS, "KVM_GET_DIRTY_LOG set bits behind the slot's last page");
}

/*
 * The guest wrote pages that GET did not report. While it runs there is one
 * excuse: the fault that opened such a page was on its way to mark it. When
 * every vCPU has gone on, no such fault is left; what GET does not say then is
 * lost. What it does say belongs to this round like the rest.
 */
static void look_again(struct copy *copy, unsigned int nr, bool last)
{
	u64 *first = malloc(copy->words * sizeof(*first));
	size_t i;

	if (!first)
		die(EXIT_DIFFERS, "no memory for a second look");
	memcpy(first, copy->bitmap, copy->words * sizeof(*first));
	if (!last) {
		let_run(copy, 0);
		get(copy);
	}
	witness_lost(&copy->wit, copy->vm, copy->bitmap, nr);
	for (i = 0; i < copy->words; i++)
		copy->bitmap[i] |= first[i];
	free(first);
}

/*
 * GET left everything as it was: re-arm chunk by chunk, and copy each chunk
 * only then, so that a write after the copy is sure to be reported again.
 * Chunks are multiples of 64 pages, but for the one that ends the slot.
 */
static void clear_and_copy(struct copy *copy, struct round *round)
{
	u64 npages = copy->opt->npages;
	u64 first = 0;

	while (first < npages) {
		u64 num = BITS_PER_WORD * (1 + rng_below(copy->rng, CLEAR_WORDS));
		double start;

		if (num > npages - first)
			num = npages - first;
		if (count_reported(copy, first, num)) {
			start = now();
			vm_log_clear(copy->vm, copy->bitmap, first, num);
			round->harvest_us += (now() - start) * 1e6;
			copy_reported(copy, first, num);
		}
		first += num;
	}
}

static unsigned int phase_of(const struct options *opt, unsigned int nr)
{
	/* two fifths sparse, two fifths dense, the rest hot */
	return (nr - 1) * 5 / opt->rounds / 2;
}

/*
 * One round: what the guest has written since the harvest before. The next
 * round's phase begins as soon as this one's pages are known.
 */
static void do_round(struct copy *copy, unsigned int nr)
{
	const struct options *opt = copy->opt;
	struct round *round = &copy->out->rounds[copy->out->nr_rounds++];
	bool everything = nr == 1 && copy->mode != MODE_INIT_SET;
	bool last = nr > opt->rounds;
	double start;

	round->nr = nr;
	round->phase = last ? NR_PHASES : phase_of(opt, nr);
	witness_before(&copy->wit, copy->vm);
	start = now();
	round->seconds = start - copy->last_harvest;
	copy->last_harvest = start;
	count_stores(copy, round);

	if (nr == 1) {
		vm_log_enable(copy->vm);
		round->harvest_us += (now() - start) * 1e6;
	}
	if (everything) {
		memset(copy->bitmap, 0xff, copy->words * sizeof(*copy->bitmap));
		if (opt->npages % BITS_PER_WORD)
			copy->bitmap[copy->words - 1] >>=
				BITS_PER_WORD - opt->npages % BITS_PER_WORD;
	} else {
		start = now();
		get(copy);
		round->harvest_us += (now() - start) * 1e6;
		if (opt->lose)
			lose_some(copy);
	}
	if (witness_missing(&copy->wit, copy->bitmap))
		look_again(copy, nr, last);
	round->pages = count_reported(copy, 0, opt->npages);
	if (!everything && (nr > 1 || last))
		count_kernel(copy);
	if (nr == 1 && round->pages != opt->npages) {
		copy->wit.lost += opt->npages - round->pages;
		printf("  LOST at the start: %llu pages are not initially set\n",
		       opt->npages - round->pages);
	}
	if (nr < opt->rounds)
		vm_set_phase(copy->vm, phase_of(opt, nr + 1));
	if (copy->mode == MODE_GET || everything) {
		witness_after(&copy->wit, copy->vm, copy->bitmap);
		copy_reported(copy, 0, opt->npages);
	} else {
		clear_and_copy(copy, round);
		witness_after(&copy->wit, copy->vm, copy->bitmap);
	}

	if (!last && (!round->pages || !round->stores))
		copy->out->silent++;
	copy->out->pages += round->pages;
	copy->out->stores += round->stores;
	copy->out->harvest_us += round->harvest_us;
	report_round(opt, round);
}

/* By words: QEMU compares byte by byte for the instruction that memcmp() is on s390 */
static bool same(const u8 *a, const u8 *b)
{
	const u64 *x = (const u64 *)a;
	const u64 *y = (const u64 *)b;
	u64 different = 0;
	unsigned int i;

	for (i = 0; i < PAGE_BYTES / sizeof(*x); i++)
		different |= x[i] ^ y[i];
	return !different;
}

static void compare(struct copy *copy)
{
	const struct options *opt = copy->opt;
	u64 page;

	for (page = 0; page < opt->npages; page++) {
		const u8 *a = copy->vm->data + (page << PAGE_SHIFT);
		const u8 *b = copy->dest + (page << PAGE_SHIFT);
		unsigned int bytes = 0;
		unsigned int i;

		if (same(a, b))
			continue;
		for (i = 0; i < PAGE_BYTES; i++)
			bytes += a[i] != b[i];
		if (copy->out->differing++ < 10)
			printf("  DIFFERS: gfn %#llx, %u bytes\n",
			       (opt->base_gfn + page), bytes);
	}
}

void precopy(const struct options *opt, enum mode mode, struct outcome *out)
{
	struct rng rng;
	struct vm vm;
	struct copy copy = {
		.opt = opt,
		.mode = mode,
		.vm = &vm,
		.rng = &rng,
		.out = out,
		.words = (opt->npages + BITS_PER_WORD - 1) / BITS_PER_WORD,
	};
	double start = now();
	unsigned int nr;
	double stop;

	out->mode = mode;
	rng_init(&rng, opt->seed, mode);
	vm_create(&vm, opt, mode, &rng);
	report_mode(mode, vm_backing(&vm));
	witness_init(&copy.wit, opt->npages);
	copy.dest = malloc(opt->npages << PAGE_SHIFT);
	copy.bitmap = malloc((copy.words + 1) * sizeof(*copy.bitmap));
	out->rounds = calloc(opt->rounds + 1, sizeof(*out->rounds));
	if (!copy.dest || !copy.bitmap || !out->rounds)
		die(EXIT_BAD_INPUT, "no memory for the copy: %llu MiB",
		    opt->npages >> 8);
	memset(copy.dest, 0xdb, opt->npages << PAGE_SHIFT);

	vm_set_phase(&vm, PHASE_SPARSE);
	copy.last_harvest = now();
	vm_start(&vm);
	for (nr = 1; nr <= opt->rounds; nr++) {
		kernel_write(&vm);
		let_run(&copy, opt->round_ms);
		do_round(&copy, nr);
	}
	kernel_write(&vm);
	let_run(&copy, opt->round_ms);
	stop = now();
	vm_stop(&vm);
	do_round(&copy, nr);
	out->stopped_us = (now() - stop) * 1e6;

	compare(&copy);
	out->lost = copy.wit.lost;
	out->witnessed = copy.wit.checked;
	out->seconds = now() - start;
	if (opt->trace)
		trace_show();
	vm_destroy(&vm);
	witness_free(&copy.wit);
	free(copy.dest);
	free(copy.bitmap);
}
