// SPDX-License-Identifier: GPL-2.0
/*
 * What passes take, arm, flush and show, and in which order.
 */
#include "directed.h"

static struct dirtylog_tracker t;

/* Ranges begin and end anywhere; what is outside stays dirty. */
static void range_only(void)
{
	static const struct {
		unsigned long first, end;
	} ranges[] = {
		{ 3, 130 }, { 64, 128 }, { 0, 1 }, { 63, 65 }, { 5, 9 },
	};
	int i;

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		unsigned long first = ranges[i].first, end = ranges[i].end;

		dirtylog_mark_range(&d.vm->log, 0, 200);
		expect(!harvest_range(&t, first, end, 0));
		expect(last.nr_shown == end - first && last.next == end);
		expect(harvest(&t) == 200 - (end - first));
		expect(!was_shown(first) && !was_shown(end - 1) && was_shown(end));
	}
}

static void range_bad(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	expect(harvest_range(&t, 0, NR + 1, 0) == -EINVAL);
	expect(harvest_range(&t, 2, 1, 0) == -EINVAL);
	expect(!harvest_range(&t, NR, NR, 0));
}

/* Nothing is taken, and no op but sync is called. */
static void peek_takes_nothing(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	expect(!peek_range(&t, 0, NR) && last.nr_shown == 1);
	expect(!d.mmu->count[MOCK_PROTECT] && !d.mmu->count[MOCK_FLUSH]);
	expect(harvest(&t) == 1);
	expect(!peek_range(&t, 0, NR) && last.nr_shown == 0);
}

/* What is named is cleared and armed; its neighbours in the word are still found. */
static void rearm_named(void)
{
	unsigned long named[BITS_TO_LONGS(NR)] = { };
	unsigned long frame;

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	for (frame = 64; frame < 128; frame++)
		write_frame(frame);
	named[1] = BIT(1) | BIT(3);
	/* Clean: costs nothing. */
	named[2] = BIT(0);
	expect(!rearm_range(&t, 0, NR, named));
	expect(nr_named(d.mmu) == 2 && was_named(d.mmu, 65) && was_named(d.mmu, 67));
	expect(mock_mmu_is_armed(d.mmu, 65) && mock_mmu_is_armed(d.mmu, 67));
	expect(d.mmu->count[MOCK_FLUSH] == 1);
	expect(harvest(&t) == 62 && !was_shown(65) && !was_shown(67));
	write_frame(65);
	expect(harvest(&t) == 1 && was_shown(65));
}

/* What is named outside of the range is not touched. */
static void rearm_range_only(void)
{
	unsigned long named[BITS_TO_LONGS(NR)] = { ~0UL, ~0UL };

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	dirtylog_mark_range(&d.vm->log, 0, 128);
	expect(!rearm_range(&t, 10, 100, named) && last.next == 100);
	expect(harvest(&t) == 38 && was_shown(9) && was_shown(100));
}

/* All of a record that is full, in chunks that are as large as they may be. */
static void full_chunks(void)
{
	static const unsigned int orders[] = { 0, 1, 6 };
	unsigned long frame;
	int i;

	begin(1);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		attach(&t, orders[i], DIRTYLOG_START_DIRTY);
		open_all();
		mock_mmu_reset_counts(d.mmu);
		expect(harvest(&t) == dirtylog_nr_granules(&t));
		expect(nr_named(d.mmu) == NR);
		for (frame = 0; frame < NR; frame++)
			expect(mock_mmu_is_armed(d.mmu, frame));
		expect(d.mmu->count[MOCK_FLUSH] == 1);
		expect(harvest(&t) == 0);
		dirtylog_detach(&t, d.vm);
	}
}

static int write_when_protected(struct mock_mmu *mmu, enum mock_point point)
{
	if (point == MOCK_PROTECTED || point == MOCK_UNLOCK)
		write_frame(5);
	return 0;
}

/* A write after the page was armed belongs to the next pass. */
static void write_after_protect(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	/* No translation that is left from before. */
	mock_mmu_flush(d.mmu);
	mock_vm_hook(d.vm, write_when_protected, NULL);
	expect(harvest(&t) == 1);
	mock_vm_hook(d.vm, NULL, NULL);
	expect(harvest(&t) == 1);
	expect(harvest(&t) == 0);
}

static int write_in_sink(void)
{
	if (last.chunks == 1)
		dirtylog_mark(&d.vm->log, 5);
	return 0;
}

/* What is marked while it is shown stays dirty. */
static void mark_in_sink(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	on_chunk = write_in_sink;
	expect(harvest(&t) == 1);
	on_chunk = NULL;
	expect(harvest(&t) == 1);
}

/* One flush, after the last lock was dropped, and no page can be written then. */
static void flush_last(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	write_frame(NR - 1);
	expect(harvest(&t) == 2);
	expect(d.mmu->count[MOCK_FLUSH] == 1);
	expect(d.mmu->last[MOCK_FLUSH] > d.mmu->last[MOCK_UNLOCK]);
	write_frame(5);
	expect(harvest(&t) == 1);
}

static int protect_late(struct mock_mmu *mmu, enum mock_point point)
{
	/* Page tracking was faster, and has not flushed. */
	if (point == MOCK_LOCK)
		mock_mmu_write_protect(mmu, 5);
	return 0;
}

/* An entry that somebody else has made read-only is still in a TLB. */
static void flush_read_only(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	mock_vm_hook(d.vm, protect_late, NULL);
	expect(harvest(&t) == 1);
	mock_vm_hook(d.vm, NULL, NULL);
	expect(mock_mmu_is_armed(d.mmu, 5));
	write_frame(5);
	expect(harvest(&t) == 1);
}

static int look_armed(void)
{
	expect(mock_mmu_is_armed(d.mmu, last.chunks == 1 ? 5 : NR - 1));
	return 0;
}

/* For a sink that reads pages: each chunk is armed and flushed before. */
static void flush_each_chunk(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	write_frame(NR - 1);
	on_chunk = look_armed;
	expect(!harvest_range(&t, 0, NR, DIRTYLOG_FLUSH_CHUNKS));
	expect(last.chunks == 2 && d.mmu->count[MOCK_FLUSH] == 2);
}

static int mark_in_sync(struct mock_mmu *mmu, enum mock_point point)
{
	if (point == MOCK_SYNC)
		dirtylog_mark(&d.vm->log, 7);
	return 0;
}

/* What hardware has buffered belongs to the pass that brings it. */
static void sync_first(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	mock_vm_hook(d.vm, mark_in_sync, NULL);
	expect(harvest(&t) == 1 && was_shown(7));
	expect(!peek_range(&t, 0, NR) && was_shown(7));
	expect(d.mmu->count[MOCK_SYNC] == 2);
}

const struct directed_case pass_cases[] = {
	CASE(range_only),
	CASE(range_bad),
	CASE(peek_takes_nothing),
	CASE(rearm_named),
	CASE(rearm_range_only),
	CASE(full_chunks),
	CASE(write_after_protect),
	CASE(mark_in_sink),
	CASE(flush_last),
	CASE(flush_read_only),
	CASE(flush_each_chunk),
	CASE(sync_first),
	{ }
};
