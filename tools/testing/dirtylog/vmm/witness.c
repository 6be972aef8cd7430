// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's own account of what it wrote, against what KVM reported.
 *
 * A page that KVM forgets once is often repaired by accident: the guest writes
 * it again before the end, and the last comparison finds nothing. So the guest
 * sets a byte per page after every store, and every round has to explain them:
 *
 *	after harvest k-1			before GET k	after harvest k
 *	------|----------------------------------|--------------|-----------
 *	      '------------ written ------------'  '- pending -'
 *
 * "written" must be in GET k; "pending" must be in GET k, or else in GET k+1.
 * Two things can look like a loss and are none:
 *
 *  - a vCPU that has stored before harvest k-1 and is about to set its byte:
 *    it has announced the store, so those pages are excused in round k;
 *  - a fault that has opened a page, through which another vCPU stored, and
 *    that is about to mark it: the caller looks again when it must be through.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "precopy.h"

static u64 *words_alloc(size_t words)
{
	u64 *map = calloc(words, sizeof(*map));

	if (!map)
		die(EXIT_DIFFERS, "no memory for the witness map");
	return map;
}

void witness_init(struct witness *wit, u64 npages)
{
	memset(wit, 0, sizeof(*wit));
	wit->npages = npages;
	wit->words = (npages + BITS_PER_WORD - 1) / BITS_PER_WORD;
	wit->written = words_alloc(wit->words);
	wit->excused = words_alloc(wit->words);
	wit->pending = words_alloc(wit->words);
	wit->missing = words_alloc(wit->words);
}

void witness_free(struct witness *wit)
{
	free(wit->written);
	free(wit->excused);
	free(wit->pending);
	free(wit->missing);
}

static void set_bit(u64 *map, u64 page)
{
	map[page / BITS_PER_WORD] |= 1ULL << (page % BITS_PER_WORD);
}

/* Take the guest's bytes */
static void take(struct witness *wit, struct vm *vm, u64 *map)
{
	u8 *bytes = vm->ctl + GUEST_WITNESS;
	u64 page;

	memset(map, 0, wit->words * sizeof(*map));
	for (page = 0; page < wit->npages; page += 8) {
		u64 *group = (u64 *)(bytes + page);
		unsigned int i;
		u64 seen;

		if (!__atomic_load_n(group, __ATOMIC_RELAXED))
			continue;
		seen = le64toh(__atomic_exchange_n(group, 0, __ATOMIC_SEQ_CST));
		for (i = 0; i < 8; i++)
			if (seen >> (8 * i) & 0xff)
				set_bit(map, page + i);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Immediately before GET, or after vm_stop() */
void witness_before(struct witness *wit, struct vm *vm)
{
	take(wit, vm, wit->written);
}

/* Is there a page that the guest wrote and GET does not report? */
bool witness_missing(struct witness *wit, const u64 *reported)
{
	u64 any = 0;
	size_t i;

	for (i = 0; i < wit->words; i++) {
		u64 due = (wit->written[i] & ~wit->excused[i]) | wit->pending[i];

		wit->checked += __builtin_popcountll(due);
		wit->missing[i] = due & ~reported[i];
		any |= wit->missing[i];
	}
	return any;
}

/* What is still missing from a second look has been lost */
void witness_lost(struct witness *wit, struct vm *vm, const u64 *again, unsigned int round)
{
	size_t i;

	for (i = 0; i < wit->words; i++) {
		u64 lost = wit->missing[i] & ~again[i];

		for (; lost; lost &= lost - 1) {
			u64 page = i * BITS_PER_WORD + __builtin_ctzll(lost);

			if (wit->lost++ < 10)
				printf("  LOST by round %u: gfn %#llx was written, not reported\n",
				       round, vm->opt->base_gfn + page);
		}
	}
}

/*
 * When the harvest is complete. The announcements are read first: a vCPU whose
 * byte is not taken here and whose store was before the harvest has announced
 * just that store. A vCPU that stood still for the whole round may set its byte
 * only now: what was excused in this round is not pending.
 */
void witness_after(struct witness *wit, struct vm *vm, const u64 *reported)
{
	unsigned int line;
	size_t i;

	memcpy(wit->missing, wit->excused, wit->words * sizeof(*wit->excused));
	memset(wit->excused, 0, wit->words * sizeof(*wit->excused));
	for (line = 0; line < vm->nr_lines; line++) {
		u32 offset = vm_current(vm, line);

		set_bit(wit->excused, offset >> PAGE_SHIFT);
		set_bit(wit->excused, (offset + 3) >> PAGE_SHIFT);
	}
	take(wit, vm, wit->pending);
	for (i = 0; i < wit->words; i++)
		wit->pending[i] &= ~(reported[i] | wit->missing[i]);
}
