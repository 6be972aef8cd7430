// SPDX-License-Identifier: GPL-2.0
/*
 * Entries that record (rule 7), large ones, and such as fault for another reason than a
 * missing permission: what the mock MMU has to do with them, as an example, and the core.
 */
#include <unistd.h>
#include <linux/sched.h>

#include "directed.h"

/* Its table has frames before and behind it, all of them in the log. */
#define FRAME	600
#define TABLE	(MOCK_TABLE_FRAMES - 65UL)

static struct dirtylog_tracker t, other;

static void begin_recording(void)
{
	begin(1);
	mock_vm_record(&d.test, d.vm, 0);
}

/* Only entries know of these writes: a pass asks them before it looks. */
static void fold_before_scan(void)
{
	begin_recording();
	attach(&t, 3, DIRTYLOG_START_CLEAN);
	write_frame(100);
	write_frame(NR - 1);
	expect(harvest(&t) == 2 && was_shown(100 / 8) && was_shown((NR - 1) / 8));
	expect(d.mmu->count[MOCK_FOLD] == 2);
	write_frame(40);
	expect(!peek_range(&t, 5, 6) && last.nr_shown == 1);
}

/* Of the range that the pass looks at, and not of what it never comes to. */
static void fold_range(void)
{
	begin_recording();
	attach(&t, 3, DIRTYLOG_START_CLEAN);
	write_frame(15);
	write_frame(16);
	write_frame(31);
	write_frame(32);
	expect(!harvest_range(&t, 2, 4, 0));
	expect(last.nr_shown == 2 && was_shown(2) && was_shown(3));
	expect(mock_mmu_has_note(d.mmu, 15) && mock_mmu_has_note(d.mmu, 32));
}

static int mark_in_sync(struct mock_mmu *mmu, enum mock_point point)
{
	if (point == MOCK_SYNC)
		dirtylog_mark(&d.vm->log, 7);
	return 0;
}

/* What only the mapping knows goes to the log before the mapping goes. */
static void unmap_folds(void)
{
	begin_recording();
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(100);
	write_frame(NR - 1);
	mock_vm_hook(d.vm, mark_in_sync, NULL);
	dirtylog_unmap(&d.vm->log, &d.mmu->mapping, d.vm);
	mock_vm_hook(d.vm, NULL, NULL);
	expect(harvest(&t) == 3);
	expect(was_shown(7) && was_shown(100) && was_shown(NR - 1));
}

/* A rearm folds nothing: protect marks what it finds, for those who do not pass. */
static void protect_marks(void)
{
	unsigned long named[BITS_TO_LONGS(NR)] = { };

	begin_recording();
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	attach(&other, 0, DIRTYLOG_START_CLEAN);
	write_frame(100);
	expect(harvest(&other) == 1);
	write_frame(100);
	__set_bit(100, named);
	expect(!rearm_range(&t, 0, NR, named));
	expect(harvest(&other) == 1 && was_shown(100));
}

/* A note stands for all frames that the entry maps, whichever of them are asked for. */
static void large_note(void)
{
	begin_recording();
	mock_mmu_map_large(d.mmu, FRAME);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(FRAME);
	expect(!harvest_range(&t, FRAME, FRAME + 1, 0) && last.nr_shown == 1);
	expect(harvest(&t) == MOCK_TABLE_FRAMES - 1);
	expect(was_shown(TABLE) && !was_shown(TABLE - 1));
}

static void split_note(void)
{
	begin_recording();
	mock_mmu_map_large(d.mmu, FRAME);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(FRAME);
	mock_mmu_split(d.mmu, FRAME);
	expect(harvest(&t) == MOCK_TABLE_FRAMES);
}

static void collapse_note(void)
{
	begin_recording();
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(FRAME);
	mock_mmu_collapse(d.mmu, FRAME);
	expect(harvest(&t) == 1 && was_shown(FRAME));
}

static void zap_note(void)
{
	begin_recording();
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(100);
	mock_mmu_zap(d.mmu, 100, 1);
	expect(harvest(&t) == 1 && was_shown(100));
}

static struct native_thread last_pass;
static bool folding, passed;

static void last_pass_main(void *data)
{
	current->unruffled = true;
	expect(harvest(&t) == 1 && was_shown(100));
	WRITE_ONCE(passed, true);
}

static int harvest_meanwhile(struct mock_mmu *mmu, enum mock_point point)
{
	static bool started;
	unsigned int ms;

	if (point == MOCK_FOLD)
		WRITE_ONCE(folding, true);
	if (point != MOCK_TAKEN || started)
		return 0;

	started = true;
	thread_start(&last_pass, last_pass_main, NULL);
	while (!READ_ONCE(folding))
		sched_yield();
	for (ms = 0; ms < 200 && !READ_ONCE(passed); ms++)
		usleep(1000);
	expect(!READ_ONCE(passed));
	return 0;
}

/*
 * The writers have stopped, an MMU notifier has not: whenever it takes a note, the last
 * pass finds that or the mark.
 */
static void zap_in_last_pass(void)
{
	begin_recording();
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(100);
	mock_vm_hook(d.vm, harvest_meanwhile, NULL);
	mock_mmu_zap(d.mmu, 100, 1);
	thread_join(&last_pass);
	expect(READ_ONCE(passed));
}

/* It stays when the entry changes otherwise, and with it what was written. */
static void note_stays(void)
{
	begin_recording();
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(100);
	mock_mmu_write_protect(d.mmu, 100);
	expect(harvest(&t) == 1);

	write_frame(100);
	mock_mmu_age(d.mmu, 100);
	expect(harvest(&t) == 1);

	write_frame(100);
	mock_mmu_write_protect(d.mmu, 100);
	mock_mmu_open(d.mmu, 100);
	expect(harvest(&t) == 1);
}

/* With the note goes what the folio's owner would have looked for. */
static void note_and_folio(void)
{
	begin_recording();
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(100);
	expect(harvest(&t) == 1);
	expect(test_bit(100, d.mmu->folio_dirty));
}

/* It faults, and would get its permission back without a mark. */
static void old_entry(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	write_frame(100);
	mock_mmu_age(d.mmu, 100);
	expect(harvest(&t) == 1);
	write_frame(100);
	expect(harvest(&t) == 1);
}

static int split_once(struct mock_mmu *mmu, enum mock_point point)
{
	static bool done;

	if (point == MOCK_LOOK && !done) {
		done = true;
		mock_mmu_split(mmu, FRAME);
	}
	return 0;
}

/* Looked at as a large entry, and a table when it is about to be changed. */
static void split_at_protect(void)
{
	unsigned long frame;

	begin(1);
	mock_mmu_map_large(d.mmu, FRAME);
	mock_vm_hook(d.vm, split_once, NULL);
	expect(!dirtylog_protect_all(&d.vm->log, d.vm));
	mock_vm_hook(d.vm, NULL, NULL);
	dirtylog_flush(&d.vm->log, d.vm);
	for (frame = TABLE; frame < TABLE + MOCK_TABLE_FRAMES; frame++)
		expect(mock_mmu_is_armed(d.mmu, frame));
}

const struct directed_case recording_cases[] = {
	CASE(fold_before_scan),
	CASE(fold_range),
	CASE(unmap_folds),
	CASE(protect_marks),
	CASE(large_note),
	CASE(split_note),
	CASE(collapse_note),
	CASE(zap_note),
	CASE(zap_in_last_pass),
	CASE(note_stays),
	CASE(note_and_folio),
	CASE(old_entry),
	CASE(split_at_protect),
	{ }
};
