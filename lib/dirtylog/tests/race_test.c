// SPDX-License-Identifier: GPL-2.0
/*
 * Writes at every point of a pass, and bugs on purpose that must be seen.
 */
#include <linux/bitmap.h>
#include <kunit/test.h>

#include "mock_vm.h"
#include "reader.h"

/* With summaries. */
#define NR	5000

/* A few frames for each kind of write. */
#define COLD	100	/* clean until the hook writes it */
#define HOT	200	/* dirty, in the TLB of vCPU 0 */
#define OPEN	300	/* dirty, writable, in no TLB */
#define BEHIND	4500	/* dirty, in the last batch */
/* Dirty, so that there is more than one batch. */
#define MANY	640

enum how { HARVEST, FLUSH_CHUNKS, REARM, STOP, SINK_FAILS };

/* The nth time that a point is reached in a pass. */
struct moment {
	enum mock_point point;
	unsigned int nth;
	const char *name;
};

static const struct moment moments[] = {
	{ MOCK_SYNC, 1, "sync" },
	{ MOCK_PREPARE, 1, "prepare" },
	{ MOCK_PREPARE, 2, "second prepare" },
	{ MOCK_LOCK, 1, "lock" },
	{ MOCK_PROTECT, 1, "protect" },
	{ MOCK_PROTECT, 2, "second protect" },
	{ MOCK_PROTECTED, 1, "protected" },
	{ MOCK_PROTECTED, 2, "second protected" },
	{ MOCK_UNLOCK, 1, "unlock" },
	{ MOCK_FLUSH, 1, "flush" },
	{ MOCK_FLUSHED, 1, "flushed" },
	{ MOCK_SINK, 1, "sink" },
};

static const char * const hows[] = {
	[HARVEST] = "harvest",
	[FLUSH_CHUNKS] = "flush chunks",
	[REARM] = "rearm",
	[STOP] = "stop",
	[SINK_FAILS] = "sink fails",
};

struct race {
	const struct moment *moment;
	enum how how;
};

/* Every moment of every kind of pass. */
static const void *race_gen_params(const void *prev, char *desc)
{
	static struct race race;
	unsigned int how = race.how;

	if (!prev) {
		race.moment = moments;
		how = 0;
	} else if (++race.moment == moments + ARRAY_SIZE(moments)) {
		race.moment = moments;
		how++;
	}
	if (how == ARRAY_SIZE(hows))
		return NULL;
	race.how = how;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: %s", hows[how],
		 race.moment->name);
	return &race;
}

struct fixture {
	struct mock_vm *vm;
	struct mock_mmu *mmu;
	struct reader *reader;
	const struct race *race;
	unsigned int fired;
};

static struct fixture *fixture(struct kunit *test)
{
	struct fixture *f = mock_zalloc(test, 1, sizeof(*f));

	f->vm = mock_vm_create(test, 0, NR, 1);
	f->mmu = &f->vm->mmus[0];
	f->reader = reader_attach(test, &f->vm->rig, 0, DIRTYLOG_START_CLEAN);
	f->reader->data = f;
	f->race = test->param_value;
	return f;
}

static void dirty_some(struct fixture *f)
{
	unsigned long frame;

	for (frame = MANY; frame < MANY + DIRTYLOG_BATCH_PAGES; frame++)
		mock_guest_write(&f->mmu->vcpus[1], frame, 1);
	mock_guest_write(&f->mmu->vcpus[0], HOT, 1);
	mock_guest_write(&f->mmu->vcpus[0], BEHIND, 1);
	mock_mmu_open(f->mmu, OPEN);
}

static void write_everywhere(struct fixture *f)
{
	static const unsigned long frames[] = { COLD, HOT, OPEN, BEHIND };
	struct mock_mmu *mmu = f->mmu;
	unsigned int i;

	f->fired++;
	for (i = 0; i < ARRAY_SIZE(frames); i++) {
		mock_guest_write(&mmu->vcpus[0], frames[i], 10 + i);
		mock_guest_write(&mmu->vcpus[1], frames[i] + 1, 20 + i);
		mock_guest_write(&mmu->vcpus[1], frames[i], 30 + i);
		mock_vm_direct_write(f->vm, frames[i] + 2, 40 + i);
	}
}

static int race_hook(struct mock_mmu *mmu, enum mock_point point)
{
	struct fixture *f = mmu->hook_data;

	const struct moment *moment = f->race->moment;

	if (point == moment->point && mmu->count[point] == moment->nth)
		write_everywhere(f);
	return 0;
}

static int race_chunk(struct reader *reader)
{
	return mock_mmu_point(((struct fixture *)reader->data)->mmu, MOCK_SINK);
}

/* Rule 1, for a tracker with granules of one frame. */
static void check_rule(struct kunit *test, struct fixture *f)
{
	unsigned long frame;

	for (frame = 0; frame < NR; frame++)
		KUNIT_ASSERT_TRUE_MSG(test,
				      mock_mmu_is_armed(f->mmu, frame) ||
				      test_bit(frame, f->reader->tracker.record.level[0]),
				      "frame %lu is neither dirty nor armed",
				      frame);
}

static void race_in_pass(struct kunit *test)
{
	struct fixture *f = fixture(test);
	struct reader *reader = f->reader;
	enum how how = f->race->how;
	int ret;

	dirty_some(f);
	mock_mmu_reset_counts(f->mmu);
	if (how == REARM) {
		KUNIT_ASSERT_EQ(test, 0, reader_peek(reader, 0, NR));
		bitmap_copy(reader->named, reader->shown, NR);
		mock_mmu_reset_counts(f->mmu);
	}
	reader->on_chunk = race_chunk;
	mock_vm_hook(f->vm, race_hook, f);
	switch (how) {
	case REARM:
		ret = reader_rearm(reader, 0, NR);
		break;
	case STOP:
		reader->stop_at = 1;
		ret = reader_harvest_all(reader);
		break;
	case SINK_FAILS:
		reader->fail_at = 1;
		ret = reader_harvest_all(reader);
		break;
	default:
		if (how == FLUSH_CHUNKS)
			reader->flags = DIRTYLOG_FLUSH_CHUNKS;
		ret = reader_harvest_all(reader);
		break;
	}
	KUNIT_EXPECT_EQ(test, how == SINK_FAILS ? -EIO : 0, ret);
	/* A rearm does not sync. */
	KUNIT_EXPECT_EQ(test, f->fired,
			!(how == REARM && f->race->moment->point == MOCK_SYNC));
	mock_vm_hook(f->vm, NULL, NULL);
	check_rule(test, f);

	/* By way of what is left in TLBs now, then the last harvest. */
	write_everywhere(f);
	reader->on_chunk = NULL;
	reader->stop_at = 0;
	reader->fail_at = 0;
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
	check_rule(test, f);
	mock_vm_check(f->vm, test);
	reader_check(reader, test);
}

static int harvest_once(struct mock_mmu *mmu, enum mock_point point)
{
	struct fixture *f = mmu->hook_data;

	if (point != MOCK_FAULT && point != MOCK_DIRECT)
		return 0;
	mock_vm_hook(f->vm, NULL, NULL);
	f->fired++;
	reader_harvest_all(f->reader);
	return 0;
}

/* A harvest in the middle of a fault. Return: the copy is right. */
static bool harvest_in_fault(struct kunit *test, bool mark_first,
			     bool list_late)
{
	struct fixture *f = fixture(test);

	f->mmu->mark_first = mark_first;
	f->mmu->list_late = list_late;
	mock_vm_hook(f->vm, harvest_once, f);
	mock_guest_write(&f->mmu->vcpus[0], HOT, 1);
	KUNIT_EXPECT_EQ(test, 1, f->fired);
	mock_guest_write(&f->mmu->vcpus[0], HOT, 2);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	return reader_diff(f->reader) == NR;
}

static void race_fault(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, harvest_in_fault(test, false, false));
}

/* Rule 3 broken: it takes a mark of an entry that protect does not find. */
static void control_fault_lists_late(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, harvest_in_fault(test, false, true));
}

static int end_in_window(struct mock_mmu *mmu, enum mock_point point)
{
	struct fixture *f = mmu->hook_data;

	if (point != MOCK_FAULT)
		return 0;
	mock_vm_hook(f->vm, NULL, NULL);
	f->fired++;
	/* Another vCPU stores through the entry that is open already. */
	mock_guest_write(&mmu->vcpus[1], HOT, 5);
	reader_harvest_all(f->reader);
	/* Rule 5 broken: a reader that takes this for its last harvest. */
	mock_mmu_check(mmu, reader_diff(f->reader) == HOT,
		       "a harvest inside of a window shows its write");
	return 0;
}

/* The window is closed, and the next harvest is the last one. */
static void race_window(struct kunit *test)
{
	struct fixture *f = fixture(test);

	mock_vm_hook(f->vm, end_in_window, f);
	mock_mmu_open(f->mmu, HOT);
	KUNIT_EXPECT_EQ(test, 1, f->fired);
	KUNIT_EXPECT_EQ(test, 0, dirtylog_quiesce(&f->vm->log, f->vm));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(f->reader));
	mock_vm_check(f->vm, test);
}

/* Rule 2 broken: the harvest takes a mark that stands for nothing yet. */
static void control_fault_marks_first(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, harvest_in_fault(test, true, false));
}

static bool harvest_in_direct_write(struct kunit *test, bool mark_first)
{
	struct fixture *f = fixture(test);

	f->vm->direct_mark_first = mark_first;
	mock_vm_hook(f->vm, harvest_once, f);
	mock_vm_direct_write(f->vm, HOT, 1);
	KUNIT_EXPECT_EQ(test, 1, f->fired);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	return reader_diff(f->reader) == NR;
}

static void race_direct_write(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, harvest_in_direct_write(test, false));
}

static void control_direct_marks_first(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, harvest_in_direct_write(test, true));
}

/* A flush that is withheld lets the write after the harvest go unseen. */
static bool write_after_harvest(struct kunit *test, bool withhold)
{
	struct fixture *f = fixture(test);

	dirty_some(f);
	f->mmu->withhold_flush = withhold;
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	mock_guest_write(&f->mmu->vcpus[0], HOT, 2);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	return reader_diff(f->reader) == NR;
}

static void race_write_after_harvest(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, write_after_harvest(test, false));
}

static void control_flush_withheld(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, write_after_harvest(test, true));
}

/* A reader that acts on bits inside of its sink, then the guest writes. */
static int act_in_sink(struct reader *reader)
{
	struct fixture *f = reader->data;

	mock_guest_write(&f->mmu->vcpus[0], HOT, 99);
	return 0;
}

static bool act_early(struct kunit *test, unsigned int flags)
{
	struct fixture *f = fixture(test);

	dirty_some(f);
	f->reader->on_chunk = act_in_sink;
	f->reader->flags = flags;
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	/* What it copied in the sink, before that write. */
	f->reader->copy[HOT] = 1;
	f->reader->on_chunk = NULL;
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	return reader_diff(f->reader) == NR;
}

static void race_act_in_sink(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, act_early(test, DIRTYLOG_FLUSH_CHUNKS));
}

/* Rule 4 broken by the reader: it did not ask for a flush for each chunk. */
static void control_act_in_sink(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, act_early(test, 0));
}

/* Rule 9: the page goes between a harvest and the next write. */
static bool reclaim_after_harvest(struct kunit *test, bool forget)
{
	struct fixture *f = fixture(test);
	struct rig *rig = &f->vm->rig;

	f->mmu->forget_folios = forget;
	mock_guest_write(&f->mmu->vcpus[0], HOT, 7);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	rig->ops->reclaim(rig, HOT);
	return rig->ops->read(rig, HOT) == 7;
}

static void race_reclaim(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, reclaim_after_harvest(test, false));
}

static void control_folio_forgotten(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, reclaim_after_harvest(test, true));
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE_PARAM(race_in_pass, race_gen_params),
	KUNIT_CASE(race_fault),
	KUNIT_CASE(control_fault_marks_first),
	KUNIT_CASE(control_fault_lists_late),
	KUNIT_CASE(race_window),
	KUNIT_CASE(race_direct_write),
	KUNIT_CASE(control_direct_marks_first),
	KUNIT_CASE(race_write_after_harvest),
	KUNIT_CASE(control_flush_withheld),
	KUNIT_CASE(race_act_in_sink),
	KUNIT_CASE(control_act_in_sink),
	KUNIT_CASE(race_reclaim),
	KUNIT_CASE(control_folio_forgotten),
	{}
};

static struct kunit_suite race_suite = {
	.name = "dirtylog_race",
	.test_cases = race_cases,
};

kunit_test_suite(race_suite);
