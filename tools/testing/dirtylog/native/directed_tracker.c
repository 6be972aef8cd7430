// SPDX-License-Identifier: GPL-2.0
/*
 * Trackers come and go, beside each other and beside marks that are under way.
 */
#include <unistd.h>
#include <linux/rcupdate.h>

#include "directed.h"

static struct dirtylog_tracker t, other;

/* What one takes is still dirty for the other. */
static void two_trackers(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	attach(&other, 4, DIRTYLOG_START_CLEAN);
	write_frame(600);
	expect(harvest(&t) == 1);
	expect(harvest(&other) == 1 && was_shown(600 / 16));
	dirtylog_mark_range(&d.vm->log, 600, 1);
	expect(harvest(&other) == 1);
	expect(harvest(&t) == 1);
}

static void start_dirty(void)
{
	static const unsigned int orders[] = { 0, 5, 9 };
	int i;

	begin(1);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		attach(&t, orders[i], DIRTYLOG_START_DIRTY);
		expect(harvest(&t) == ((NR - 1) >> orders[i]) + 1);
		expect(was_shown((NR - 1) >> orders[i]));
		dirtylog_detach(&t, d.vm);
	}
}

/* No pass before it is armed; armed and flushed, it sees every write. */
static void arm_first(void)
{
	begin(2);
	write_frame(5);
	attach(&t, 0, DIRTYLOG_START_ARM);
	expect(harvest_range(&t, 0, NR, 0) == -EINVAL);
	expect(!dirtylog_arm(&t, d.vm));
	expect(d.vm->mmus[0].count[MOCK_ARM] == 1);
	expect(d.vm->mmus[1].count[MOCK_ARM] == 1);
	expect(mock_mmu_is_armed(d.mmu, 5));
	write_frame(5);
	expect(harvest(&t) == 1);
}

static int write_when_armed(struct mock_mmu *mmu, enum mock_point point)
{
	if (point == MOCK_ARMED)
		write_frame(9);
	return 0;
}

/* A write right behind the arming has a record to go to. */
static void write_while_arming(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_ARM);
	mock_vm_hook(d.vm, write_when_armed, NULL);
	expect(!dirtylog_arm(&t, d.vm));
	mock_vm_hook(d.vm, NULL, NULL);
	expect(harvest(&t) == 1 && was_shown(9));
}

static int fail_arm(struct mock_mmu *mmu, enum mock_point point)
{
	return point == MOCK_ARM ? -EIO : 0;
}

static void arm_fails(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_ARM);
	mock_vm_hook(d.vm, fail_arm, NULL);
	expect(dirtylog_arm(&t, d.vm) == -EIO);
	expect(d.mmu->count[MOCK_FLUSH] == 1);
	expect(harvest_range(&t, 0, NR, 0) == -EINVAL);
	mock_vm_hook(d.vm, NULL, NULL);
	expect(!dirtylog_arm(&t, d.vm));
	expect(harvest(&t) == 0);
}

/* The pages that are dirty in the first may be writable: they are armed. */
static void second_arms(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(5);
	write_frame(NR - 1);
	attach(&other, 4, DIRTYLOG_START_ARM);
	expect(!dirtylog_arm(&other, d.vm));
	expect(!d.mmu->count[MOCK_ARM] && nr_named(d.mmu) == 2);
	expect(mock_mmu_is_armed(d.mmu, 5) && mock_mmu_is_armed(d.mmu, NR - 1));
	write_frame(5);
	expect(harvest(&other) == 1 && was_shown(0));
	/* Nothing was taken from the first. */
	expect(harvest(&t) == 2 && was_shown(5) && was_shown(NR - 1));
}

/* Entries are opened again when the last one goes, and not before. */
static void detach_last(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	attach(&other, 0, DIRTYLOG_START_CLEAN);
	dirtylog_detach(&t, d.vm);
	expect(!d.mmu->count[MOCK_DISARM]);
	write_frame(5);
	expect(harvest(&other) == 1);
	dirtylog_detach(&other, d.vm);
	expect(d.mmu->count[MOCK_DISARM] == 1);
}

/* A mark that takes its time in its read-side section. */
static bool marking, marked;

static void slow_marker(void *data)
{
	rcu_read_lock();
	WRITE_ONCE(marking, true);
	usleep(50000);
	WRITE_ONCE(marked, true);
	rcu_read_unlock();
}

static struct native_thread marker;

static void begin_slow_mark(void)
{
	WRITE_ONCE(marking, false);
	WRITE_ONCE(marked, false);
	thread_start(&marker, slow_marker, NULL);
	while (!READ_ONCE(marking))
		sched_yield();
}

static int look_marked(struct mock_mmu *mmu, enum mock_point point)
{
	if (point == MOCK_ARM || point == MOCK_DISARM)
		expect(READ_ONCE(marked));
	return 0;
}

/* A mark that did not see the tracker is over before the tracker arms. */
static void arm_waits(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_ARM);
	mock_vm_hook(d.vm, look_marked, NULL);
	begin_slow_mark();
	expect(!dirtylog_arm(&t, d.vm));
	thread_join(&marker);
	expect(d.mmu->count[MOCK_ARM] == 1);
}

/* A mark that saw it is over before entries are opened, and its record freed. */
static void detach_waits(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	mock_vm_hook(d.vm, look_marked, NULL);
	begin_slow_mark();
	dirtylog_detach(&t, d.vm);
	thread_join(&marker);
	expect(d.mmu->count[MOCK_DISARM] == 1);
}

static void quiesce_waits(void)
{
	begin(1);
	begin_slow_mark();
	expect(!dirtylog_quiesce(&d.vm->log, d.vm));
	expect(READ_ONCE(marked));
	thread_join(&marker);
}

const struct directed_case tracker_cases[] = {
	CASE(two_trackers),
	CASE(start_dirty),
	CASE(arm_first),
	CASE(write_while_arming),
	CASE(arm_fails),
	CASE(second_arms),
	CASE(detach_last),
	CASE(arm_waits),
	CASE(detach_waits),
	CASE(quiesce_waits),
	{ }
};
