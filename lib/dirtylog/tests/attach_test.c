// SPDX-License-Identifier: GPL-2.0
/*
 * Logs, mappings and trackers come and go; bad input changes nothing.
 */
#include <linux/sizes.h>
#include <kunit/test.h>

#include "mock_vm.h"
#include "reader.h"

#define NR	1000

static struct mock_vm *vm_create(struct kunit *test)
{
	return mock_vm_create(test, 0, NR, 1);
}

static void attach_bad_log(struct kunit *test)
{
	struct dirtylog log = {};

	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_init(&log, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			dirtylog_init(&log, DIRTYLOG_MAX_PAGES + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_init(&log, ULONG_MAX));
	KUNIT_EXPECT_TRUE(test, !memchr_inv(&log, 0, sizeof(log)));

	KUNIT_EXPECT_EQ(test, 0, dirtylog_init(&log, DIRTYLOG_MAX_PAGES));
	dirtylog_destroy(&log);
}

static void attach_bad_mapping(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct dirtylog_ops ops;
	struct dirtylog_mapping mapping = { .ops = NULL };

	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_map(&vm->log, &mapping));
	mapping.ops = &ops;

	ops = mock_mmu_ops;
	ops.protect = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_map(&vm->log, &mapping));
	ops = mock_mmu_ops;
	ops.flush = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_map(&vm->log, &mapping));
	ops = mock_mmu_ops;
	ops.arm = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_map(&vm->log, &mapping));
	ops = mock_mmu_ops;
	ops.lock = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_map(&vm->log, &mapping));
	ops = mock_mmu_ops;
	ops.unlock = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_map(&vm->log, &mapping));

	mapping.ops = &mock_mmu_ops;
	mapping.log = &vm->log;
	KUNIT_EXPECT_EQ(test, -EBUSY, dirtylog_map(&vm->log, &mapping));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			dirtylog_map(&vm->log, &vm->mmus[0].mapping));

	KUNIT_EXPECT_TRUE(test, list_is_singular(&vm->log.mappings));
}

static void attach_bad_tracker(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct dirtylog_tracker tracker = {};

	KUNIT_EXPECT_EQ(test, -EINVAL,
			dirtylog_attach(&vm->log, &tracker,
					DIRTYLOG_MAX_ORDER + 1,
					DIRTYLOG_START_ARM));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			dirtylog_attach(&vm->log, &tracker, UINT_MAX,
					DIRTYLOG_START_ARM));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			dirtylog_attach(&vm->log, &tracker, 0,
					DIRTYLOG_START_DIRTY |
					DIRTYLOG_START_CLEAN));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			dirtylog_attach(&vm->log, &tracker, 0, BIT(3)));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			dirtylog_attach(&vm->log, &tracker, 0, BIT(31)));
	KUNIT_EXPECT_TRUE(test, list_empty(&vm->log.trackers));
	KUNIT_EXPECT_TRUE(test, !memchr_inv(&tracker, 0, sizeof(tracker)));
}

/* The largest log: more memory than there is, and nothing has changed. */
static void attach_no_memory(struct kunit *test)
{
	struct dirtylog_tracker tracker = {};
	struct dirtylog log;

	if (DIRTYLOG_MAX_PAGES / BITS_PER_BYTE <= SZ_1G)
		kunit_skip(test, "the largest record may fit");
	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&log, DIRTYLOG_MAX_PAGES));
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			dirtylog_attach(&log, &tracker, 0, DIRTYLOG_START_ARM));
	KUNIT_EXPECT_TRUE(test, list_empty(&log.trackers));
	KUNIT_EXPECT_NULL(test, tracker.log);

	/* Granules of 1 GiB: a small record. */
	KUNIT_EXPECT_EQ(test, 0,
			dirtylog_attach(&log, &tracker, DIRTYLOG_MAX_ORDER,
					DIRTYLOG_START_CLEAN));
	dirtylog_mark(&log, DIRTYLOG_MAX_PAGES - 1);
	KUNIT_EXPECT_TRUE(test, test_bit(tracker.record.nr_bits - 1,
					 tracker.record.level[0]));
	dirtylog_destroy(&log);
}

/* Passes that make no sense, and their order of checks does not matter. */
static void attach_bad_pass(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct reader *reader = reader_attach(test, &vm->rig, 0,
					      DIRTYLOG_START_DIRTY);
	struct dirtylog_pass pass = { .end = NR, .owner = vm };
	unsigned int i;

	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_harvest(&reader->tracker, &pass));
	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_peek(&reader->tracker, &pass));
	KUNIT_EXPECT_EQ(test, -EINVAL, dirtylog_rearm(&reader->tracker, &pass));

	KUNIT_EXPECT_EQ(test, -EINVAL, reader_harvest(reader, 0, NR + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_harvest(reader, 2, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_harvest(reader, NR, ULONG_MAX));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_peek(reader, 0, NR + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_peek(reader, 2, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_rearm(reader, 0, NR + 1));
	for (i = 1; i < 32; i++) {
		reader->flags = BIT(i);
		KUNIT_EXPECT_EQ(test, -EINVAL, reader_harvest(reader, 0, NR));
	}
	reader->flags = 0;

	for (i = 0; i < MOCK_NR_POINTS; i++)
		KUNIT_EXPECT_EQ(test, 0, vm->mmus[0].count[i]);
	KUNIT_EXPECT_EQ(test, 0, reader->chunks);

	/* Nothing was lost, and the empty range is not an error. */
	KUNIT_EXPECT_EQ(test, 0, reader_harvest(reader, NR, NR));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest(reader, 5, 5));
	KUNIT_EXPECT_EQ(test, 0, reader->chunks);
	KUNIT_EXPECT_EQ(test, 0, vm->mmus[0].count[MOCK_FLUSH]);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_nr_shown(reader));
}

/* Not armed: no pass, but marks are kept. */
static void attach_not_live(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct reader *reader = reader_alloc(test, &vm->rig, 0);

	KUNIT_ASSERT_EQ(test, 0, reader_start(reader, DIRTYLOG_START_ARM));
	mock_guest_write(&vm->mmus[0].vcpus[0], 7, 1);
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_peek(reader, 0, NR));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_rearm(reader, 0, NR));
	KUNIT_EXPECT_EQ(test, 0, reader->chunks);

	KUNIT_EXPECT_EQ(test, 0, reader_arm(reader));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, 7));
	mock_vm_check(vm, test);
}

/* Pages that were writable before: armed once, then tracked. */
static void attach_arms(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct mock_mmu *mmu = &vm->mmus[0];
	struct reader *reader = reader_alloc(test, &vm->rig, 0);
	unsigned long frame;

	for (frame = 0; frame < NR; frame++)
		mock_guest_write(&mmu->vcpus[frame % MOCK_VCPUS], frame, 1);
	KUNIT_ASSERT_EQ(test, 0, reader_start(reader, DIRTYLOG_START_ARM));
	KUNIT_EXPECT_EQ(test, 0, mmu->count[MOCK_ARM]);

	KUNIT_ASSERT_EQ(test, 0, reader_arm(reader));
	KUNIT_EXPECT_EQ(test, 1, mmu->count[MOCK_ARM]);
	KUNIT_EXPECT_EQ(test, 1, mmu->count[MOCK_FLUSH]);
	KUNIT_EXPECT_GT(test, mmu->last[MOCK_FLUSH], mmu->last[MOCK_ARMED]);
	for (frame = 0; frame < NR; frame++)
		KUNIT_ASSERT_TRUE(test, mock_mmu_is_armed(mmu, frame));

	/* A live tracker is not armed again. */
	KUNIT_EXPECT_EQ(test, 0, reader_arm(reader));
	KUNIT_EXPECT_EQ(test, 1, mmu->count[MOCK_ARM]);

	mock_guest_write(&mmu->vcpus[0], 0, 2);
	mock_guest_write(&mmu->vcpus[1], NR - 1, 2);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 2, reader_nr_shown(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
	mock_vm_check(vm, test);
}

static int write_when_arming(struct mock_mmu *mmu, enum mock_point point)
{
	unsigned long frame = 3;

	if (point == MOCK_ARM)
		frame = 10;
	else if (point == MOCK_ARMED)
		frame = 11;
	else if (point == MOCK_FLUSH)
		frame = 12;
	else if (point == MOCK_FLUSHED)
		frame = 13;
	else
		return 0;
	/* By one vCPU that has the page in its TLB, and by one that has not. */
	mock_guest_write(&mmu->vcpus[0], frame, point);
	mock_guest_write(&mmu->vcpus[1], frame + 10, point);
	return 0;
}

/*
 * Published, then armed: what is written while the tracker arms is reported or
 * is in the copy that is made when it is live.
 */
static void attach_writes_while_arming(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct mock_mmu *mmu = &vm->mmus[0];
	struct reader *reader = reader_alloc(test, &vm->rig, 0);
	unsigned long frame;

	for (frame = 0; frame < NR; frame++)
		mock_guest_write(&mmu->vcpus[0], frame, 1);
	mock_vm_hook(vm, write_when_arming, NULL);
	KUNIT_ASSERT_EQ(test, 0, reader_start(reader, DIRTYLOG_START_ARM));
	mock_guest_write(&mmu->vcpus[0], 3, 1);
	KUNIT_ASSERT_EQ(test, 0, reader_arm(reader));
	mock_vm_hook(vm, NULL, NULL);

	for (frame = 0; frame < NR; frame++)
		KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(mmu, frame) ||
				  test_bit(frame, reader->tracker.record.level[0]));
	/* Stores that come later, by way of whatever is in the TLBs now. */
	for (frame = 0; frame < 30; frame++)
		mock_guest_write(&mmu->vcpus[frame % 2], frame, 77);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
	mock_vm_check(vm, test);
}

static int fail_arm(struct mock_mmu *mmu, enum mock_point point)
{
	return point == MOCK_ARM ? -ENOSPC : 0;
}

static void attach_arm_fails(struct kunit *test)
{
	struct mock_vm *vm = mock_vm_create(test, 0, NR, 2);
	struct reader *reader;

	reader = reader_alloc(test, &vm->rig, 0);
	mock_guest_write(&vm->mmus[0].vcpus[0], 5, 1);
	mock_guest_write(&vm->mmus[1].vcpus[0], 6, 1);
	KUNIT_ASSERT_EQ(test, 0, reader_start(reader, DIRTYLOG_START_ARM));
	vm->mmus[1].hook = fail_arm;
	KUNIT_EXPECT_EQ(test, -ENOSPC, reader_arm(reader));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_harvest_all(reader));
	/* What was armed before the failure was flushed. */
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(&vm->mmus[0], 5));

	vm->mmus[1].hook = NULL;
	mock_guest_write(&vm->mmus[0].vcpus[0], 9, 1);
	KUNIT_EXPECT_EQ(test, 0, reader_arm(reader));
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(&vm->mmus[1], 6));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, 9));
	mock_vm_check(vm, test);
}

static const unsigned int starts[] = {
	DIRTYLOG_START_DIRTY,
	DIRTYLOG_START_DIRTY | DIRTYLOG_UNSHARED,
	DIRTYLOG_START_CLEAN,
	DIRTYLOG_START_CLEAN | DIRTYLOG_UNSHARED,
	DIRTYLOG_START_ARM,
	DIRTYLOG_START_ARM | DIRTYLOG_UNSHARED,
};

static void start_desc(const unsigned int *start, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s%s",
		 *start & DIRTYLOG_START_DIRTY ? "dirty" :
		 *start & DIRTYLOG_START_CLEAN ? "clean" : "arm",
		 *start & DIRTYLOG_UNSHARED ? ", unshared" : "");
}

KUNIT_ARRAY_PARAM(start, starts, start_desc);

static void attach_starts(struct kunit *test)
{
	const unsigned int *start = test->param_value;
	bool dirty = *start & DIRTYLOG_START_DIRTY;
	bool arm = !(*start & (DIRTYLOG_START_DIRTY | DIRTYLOG_START_CLEAN));
	struct mock_vm *vm = vm_create(test);
	struct mock_mmu *mmu = &vm->mmus[0];
	struct reader *reader;

	/* Writable entries where that start allows for them. */
	if (dirty || arm)
		mock_guest_write(&mmu->vcpus[0], 8, 1);
	reader = reader_attach(test, &vm->rig, 0, *start);
	KUNIT_EXPECT_EQ(test, arm, mmu->count[MOCK_ARM]);

	mock_guest_write(&mmu->vcpus[0], 8, 2);
	mock_guest_write(&mmu->vcpus[0], NR - 1, 2);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, dirty ? NR : 2, reader_nr_shown(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
	mock_guest_write(&mmu->vcpus[0], 8, 3);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
	mock_vm_check(vm, test);
}

static void attach_detach(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct mock_mmu *mmu = &vm->mmus[0];
	struct reader *a = reader_attach(test, &vm->rig, 0, DIRTYLOG_START_ARM);
	struct reader *b = reader_attach(test, &vm->rig, 6, DIRTYLOG_START_ARM);

	mock_guest_write(&mmu->vcpus[0], 100, 1);
	dirtylog_detach(&a->tracker, vm);
	KUNIT_EXPECT_EQ(test, 0, mmu->count[MOCK_DISARM]);
	KUNIT_EXPECT_NULL(test, a->tracker.log);
	mock_guest_write(&mmu->vcpus[0], 200, 1);

	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(b));
	KUNIT_EXPECT_EQ(test, 2, reader_nr_shown(b));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(b));
	dirtylog_detach(&b->tracker, vm);
	KUNIT_EXPECT_EQ(test, 1, mmu->count[MOCK_DISARM]);
	mock_guest_write(&mmu->vcpus[0], 300, 1);

	/* And again from the start, in the same storage. */
	KUNIT_EXPECT_EQ(test, 0, reader_start(a, DIRTYLOG_START_ARM));
	KUNIT_EXPECT_EQ(test, 0, reader_arm(a));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(a));
	KUNIT_EXPECT_EQ(test, 0, reader_nr_shown(a));
	mock_guest_write(&mmu->vcpus[0], 300, 2);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(a));
	KUNIT_EXPECT_TRUE(test, reader_saw(a, 300));
	mock_vm_check(vm, test);
}

/* No op runs for a mapping that was taken out, and the others still work. */
static void attach_unmap(struct kunit *test)
{
	struct mock_vm *vm = mock_vm_create(test, 0, NR, 2);
	struct reader *reader;
	unsigned int i;

	reader = reader_attach(test, &vm->rig, 0, DIRTYLOG_START_ARM);
	dirtylog_unmap(&vm->log, &vm->mmus[0].mapping, vm);
	mock_mmu_reset_counts(&vm->mmus[0]);
	mock_guest_write(&vm->mmus[1].vcpus[0], 4, 1);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, 4));
	for (i = 0; i < MOCK_NR_POINTS; i++)
		KUNIT_EXPECT_EQ(test, 0, vm->mmus[0].count[i]);
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(&vm->mmus[1], 4));

	KUNIT_EXPECT_EQ(test, 0, dirtylog_map(&vm->log, &vm->mmus[0].mapping));
	mock_guest_write(&vm->mmus[0].vcpus[0], 5, 1);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(&vm->mmus[0], 5));
	mock_vm_check(vm, test);
}

/* A log without mappings still tracks direct writers. */
static void attach_no_mapping(struct kunit *test)
{
	struct mock_vm *vm = mock_vm_create(test, 0, NR, 1);
	struct reader *reader;

	dirtylog_unmap(&vm->log, &vm->mmus[0].mapping, vm);
	reader = reader_attach(test, &vm->rig, 0, DIRTYLOG_START_ARM);
	mock_vm_direct_write(vm, 17, 1);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

static struct kunit_case attach_cases[] = {
	KUNIT_CASE(attach_bad_log),
	KUNIT_CASE(attach_bad_mapping),
	KUNIT_CASE(attach_bad_tracker),
	KUNIT_CASE(attach_no_memory),
	KUNIT_CASE(attach_bad_pass),
	KUNIT_CASE(attach_not_live),
	KUNIT_CASE(attach_arms),
	KUNIT_CASE(attach_writes_while_arming),
	KUNIT_CASE(attach_arm_fails),
	KUNIT_CASE_PARAM(attach_starts, start_gen_params),
	KUNIT_CASE(attach_detach),
	KUNIT_CASE(attach_unmap),
	KUNIT_CASE(attach_no_mapping),
	{}
};

static struct kunit_suite attach_suite = {
	.name = "dirtylog_attach",
	.test_cases = attach_cases,
};

kunit_test_suite(attach_suite);
