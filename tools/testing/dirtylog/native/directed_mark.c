// SPDX-License-Identifier: GPL-2.0
/*
 * What marks reach, and what large entries owe.
 */
#include <stdio.h>
#include <unistd.h>
#include <sys/wait.h>

#include "directed.h"

static struct dirtylog_tracker t;

/* On both levels of the record, at the ends of words, and for every kind of mark. */
static void mark_found(void)
{
	static const unsigned long frames[] = { 0, 63, 64, 4095, 4096, NR - 1 };
	int i;

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	for (i = 0; i < ARRAY_SIZE(frames); i++) {
		dirtylog_mark(&d.vm->log, frames[i]);
		expect(harvest(&t) == 1 && was_shown(frames[i]));
		dirtylog_mark_after_rmw(&d.vm->log, frames[i]);
		expect(harvest(&t) == 1 && was_shown(frames[i]));
	}
	dirtylog_mark_array(&d.vm->log, frames, ARRAY_SIZE(frames));
	expect(harvest(&t) == ARRAY_SIZE(frames));
	for (i = 0; i < ARRAY_SIZE(frames); i++)
		expect(was_shown(frames[i]));
}

/* Exactly its frames, across words and up to the end of the log. */
static void range_exact(void)
{
	static const struct {
		unsigned long first, nr;
	} ranges[] = {
		{ 0, 1 }, { 0, 64 }, { 60, 200 }, { 63, 2 }, { 4000, 300 },
		{ NR - 1, 1 }, { NR - 150, 150 },
	};
	unsigned long frame;
	int i;

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		unsigned long first = ranges[i].first, nr = ranges[i].nr;

		dirtylog_mark_range(&d.vm->log, first, nr);
		expect(harvest(&t) == nr);
		for (frame = first; frame < first + nr; frame++)
			expect(was_shown(frame));
	}
}

/* A large entry that begins and ends within granules. */
static void range_granules(void)
{
	begin(1);
	attach(&t, 3, DIRTYLOG_START_CLEAN);
	dirtylog_mark_range(&d.vm->log, 6, 4);
	expect(harvest(&t) == 2 && was_shown(0) && was_shown(1));
	dirtylog_mark_range(&d.vm->log, 8, 8);
	expect(harvest(&t) == 1 && was_shown(1));
}

/* The last granule is cut short by the end of the log. */
static void granule_last(void)
{
	begin(1);
	attach(&t, 6, DIRTYLOG_START_CLEAN);
	expect(dirtylog_nr_granules(&t) == (NR - 1) / 64 + 1);
	dirtylog_mark(&d.vm->log, NR - 1);
	expect(harvest(&t) == 1 && was_shown((NR - 1) / 64));
	expect(nr_named(d.mmu) == NR % 64 && was_named(d.mmu, NR - 1));
}

/* A mark makes its granule dirty; taking that arms all of its frames, and no other. */
static void granule_whole(void)
{
	static const unsigned int orders[] = { 1, 3, 7, 10 };
	unsigned long frame;
	int i;

	begin(1);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		attach(&t, orders[i], DIRTYLOG_START_CLEAN);
		open_all();
		mock_mmu_reset_counts(d.mmu);
		dirtylog_mark(&d.vm->log, 5000);
		expect(harvest(&t) == 1 && was_shown(5000 >> orders[i]));
		for (frame = 0; frame < NR; frame++) {
			bool same = frame >> orders[i] == 5000 >> orders[i];

			expect(was_named(d.mmu, frame) == same);
			expect(mock_mmu_is_armed(d.mmu, frame) == same);
		}
		dirtylog_detach(&t, d.vm);
	}
}

/* It warns, which ends a process here, and marks nothing. */
static void mark_beyond(void)
{
	int status, i;

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	for (i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (!pid) {
			if (!freopen("/dev/null", "w", stderr))
				_exit(0);
			if (i == 0)
				dirtylog_mark(&d.vm->log, NR);
			else if (i == 1)
				dirtylog_mark_range(&d.vm->log, NR, 1);
			else
				dirtylog_mark_range(&d.vm->log, NR - 1, 2);
			_exit(0);
		}
		expect(pid > 0 && waitpid(pid, &status, 0) == pid);
		expect(WIFSIGNALED(status));
	}
}

/* What was written through a large entry, its protection and its notification. */
static void split(void)
{
	const unsigned int all = DIRTYLOG_ENTRY_WRITABLE | DIRTYLOG_ENTRY_WRITTEN |
				 DIRTYLOG_ENTRY_NOTIFY;
	unsigned int large;

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	for (large = 0; large <= all; large++) {
		bool written = large & DIRTYLOG_ENTRY_WRITTEN;

		expect(dirtylog_split(&d.vm->log, 100, 256, large) ==
		       (large & ~DIRTYLOG_ENTRY_WRITTEN));
		expect(harvest(&t) == (written ? 256 : 0));
		expect(was_shown(100) == written && was_shown(355) == written);
	}
}

/* Writable if all were, notifying if any was; what was written is marked. */
static void collapse(void)
{
	unsigned int a, b;

	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	for (a = 0; a < 8; a++) {
		for (b = 0; b < 8; b++) {
			struct dirtylog_collapse c = DIRTYLOG_COLLAPSE_INIT;

			dirtylog_collapse_entry(&c, &d.vm->log, 7, a);
			dirtylog_collapse_entry(&c, &d.vm->log, 8, b);
			expect(dirtylog_collapse_state(&c) ==
			       ((a & b & DIRTYLOG_ENTRY_WRITABLE) |
				((a | b) & DIRTYLOG_ENTRY_NOTIFY)));
			harvest(&t);
			expect(was_shown(7) == !!(a & DIRTYLOG_ENTRY_WRITTEN));
			expect(was_shown(8) == !!(b & DIRTYLOG_ENTRY_WRITTEN));
		}
	}
}

const struct directed_case mark_cases[] = {
	CASE(mark_found),
	CASE(range_exact),
	CASE(range_granules),
	CASE(granule_last),
	CASE(granule_whole),
	CASE(mark_beyond),
	CASE(split),
	CASE(collapse),
	{ }
};
