// SPDX-License-Identifier: GPL-2.0
/*
 * Passes that fail: nothing is lost, and what was armed was flushed.
 */
#include "directed.h"

static struct dirtylog_tracker t, other;

static int refuse(void)
{
	return -EIO;
}

static int refuse_second(void)
{
	return last.chunks == 2 ? -EIO : 0;
}

static int fail_protect(struct mock_mmu *mmu, enum mock_point point)
{
	return point == MOCK_PROTECT ? -EIO : 0;
}

/* All is as it was, frame 5 dirty, and the flush was not forgotten. */
static void expect_put_back(void)
{
	on_chunk = NULL;
	mock_vm_hook(d.vm, NULL, NULL);
	expect(d.mmu->count[MOCK_FLUSH] == 1);
	expect(d.mmu->last[MOCK_FLUSH] > d.mmu->last[MOCK_UNLOCK]);
	expect(!peek_range(&t, 0, NR) && last.nr_shown == 1 && was_shown(5));
	expect(harvest(&t) == 1 && was_shown(5));
	write_frame(5);
	expect(harvest(&t) == 1);
}

static void sink_fails(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	on_chunk = refuse;
	expect(harvest_range(&t, 0, NR, 0) == -EIO);
	expect(last.next <= 5);
	expect_put_back();
}

/* What was accepted before is shown; the pass goes on where it ended. */
static void sink_fails_later(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	write_frame(NR - 1);
	on_chunk = refuse_second;
	expect(harvest_range(&t, 0, NR, 0) == -EIO);
	expect(last.nr_shown == 1 && was_shown(5));
	expect(last.next > 5 && last.next <= NR - 1);
	on_chunk = NULL;
	expect(!harvest_range(&t, last.next, NR, 0));
	expect(last.nr_shown == 1 && was_shown(NR - 1));
	expect(harvest(&t) == 0);
}

/* What one tracker puts back is not put back for the other. */
static void sink_fails_for_one(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	attach(&other, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	expect(harvest(&other) == 1);
	on_chunk = refuse;
	expect(harvest_range(&t, 0, NR, 0) == -EIO);
	on_chunk = NULL;
	expect(harvest(&other) == 0);
	expect(harvest(&t) == 1);
}

static int mark_and_refuse(void)
{
	dirtylog_mark(&d.vm->log, 6);
	return -EIO;
}

/* Put back beside what was marked in the same word meanwhile. */
static void mark_while_taken(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	on_chunk = mark_and_refuse;
	expect(harvest_range(&t, 0, NR, 0) == -EIO);
	on_chunk = NULL;
	expect(harvest(&t) == 2 && was_shown(5) && was_shown(6));
}

static void protect_fails(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	mock_vm_hook(d.vm, fail_protect, NULL);
	expect(harvest_range(&t, 0, NR, 0) == -EIO);
	expect(!last.chunks && last.next <= 5);
	expect_put_back();
}

static void rearm_protect_fails(void)
{
	unsigned long named[BITS_TO_LONGS(NR)] = { BIT(5) };

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	mock_vm_hook(d.vm, fail_protect, NULL);
	expect(rearm_range(&t, 0, NR, named) == -EIO);
	expect(last.next <= 5);
	expect_put_back();
}

/* A source that could not be read names nothing, whatever it has written by then. */
static void source_fails(void)
{
	unsigned long named[BITS_TO_LONGS(NR)] = { BIT(5) };

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	on_chunk = refuse;
	expect(rearm_range(&t, 0, NR, named) == -EIO);
	on_chunk = NULL;
	expect(harvest(&t) == 1);
}

static int kill_in_lock(struct mock_mmu *mmu, enum mock_point point)
{
	if (point == MOCK_LOCK)
		current->fatal_in = 1;
	return 0;
}

static void killed_under_lock(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	mock_vm_hook(d.vm, kill_in_lock, NULL);
	expect(harvest_range(&t, 0, NR, 0) == -EINTR);
	current->fatal_in = 0;
	expect(!last.chunks);
	expect_put_back();
}

static int kill_in_chunk(void)
{
	current->fatal_in = 1;
	return 0;
}

/* A pass over much ends soon after the signal. */
static void killed_between_chunks(void)
{
	unsigned long named[BITS_TO_LONGS(NR)];

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	write_frame(NR - 1);
	on_chunk = kill_in_chunk;
	expect(harvest_range(&t, 0, NR, 0) == -EINTR);
	current->fatal_in = 0;
	expect(last.chunks == 1 && last.nr_shown == 1);
	on_chunk = NULL;
	expect(harvest(&t) == 1 && was_shown(NR - 1));

	/* Nothing is named: no batch is there that would look for signals. */
	memset(named, 0, sizeof(named));
	write_frame(5);
	write_frame(NR - 1);
	on_chunk = kill_in_chunk;
	expect(rearm_range(&t, 0, NR, named) == -EINTR);
	current->fatal_in = 0;
	expect(last.chunks == 1 && last.next <= NR - 1);
}

const struct directed_case error_cases[] = {
	CASE(sink_fails),
	CASE(sink_fails_later),
	CASE(sink_fails_for_one),
	CASE(mark_while_taken),
	CASE(protect_fails),
	CASE(rearm_protect_fails),
	CASE(source_fails),
	CASE(killed_under_lock),
	CASE(killed_between_chunks),
	{ }
};
