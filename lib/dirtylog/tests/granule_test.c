// SPDX-License-Identifier: GPL-2.0
/*
 * Granules, several trackers, several mappings, and arming without a record.
 */
#include <linux/bitmap.h>
#include <linux/sched/signal.h>
#include <kunit/test.h>

#include "mock_vm.h"
#include "reader.h"

/* Not a multiple of anything. */
#define NR	(2 * 4096 + 4096 / 2 + 77)

static const unsigned int orders[] = { 0, 1, 3, 5, 6, 7, 9, 12, 13, 18 };

static void order_desc(const unsigned int *order, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "order %u", *order);
}

KUNIT_ARRAY_PARAM(order, orders, order_desc);

static struct mock_vm *vm_create(struct kunit *test, unsigned long nr,
				 unsigned int nr_mmus)
{
	struct mock_vm *vm = mock_vm_create(test, 0, nr, nr_mmus);

	return vm;
}

static unsigned long granule_end(struct reader *reader, unsigned long granule)
{
	return min((granule + 1) << reader->order, reader->rig->log->nr_pages);
}

/* Open every frame, behind the log's back. */
static void open_all(struct mock_mmu *mmu)
{
	unsigned long frame;

	for (frame = 0; frame < mmu->log->nr_pages; frame++)
		mmu->entries[frame] = MOCK_PRESENT | MOCK_WRITABLE;
}

/* A mark of any frame makes its granule dirty; taking it arms all its frames. */
static void granule_whole(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	struct mock_vm *vm = vm_create(test, NR, 1);
	struct mock_mmu *mmu = &vm->mmus[0];
	struct reader *reader = reader_attach(test, &vm->rig, *order,
					      DIRTYLOG_START_CLEAN);
	static const unsigned long marks[] = { 0, 1, 62, 63, 64, 511, 512, 4095,
					       4096, 8191, NR - 78, NR - 1 };
	unsigned long frame, granule, last, i;

	KUNIT_EXPECT_EQ(test, DIV_ROUND_UP(NR, 1UL << *order), reader->nr);
	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		granule = marks[i] >> *order;
		last = granule_end(reader, granule);
		open_all(mmu);
		mock_mmu_reset_counts(mmu);
		dirtylog_mark(&vm->log, marks[i]);
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
		KUNIT_ASSERT_EQ(test, 1, reader_nr_shown(reader));
		KUNIT_ASSERT_TRUE(test, reader_saw(reader, granule));
		for (frame = 0; frame < NR; frame++)
			KUNIT_ASSERT_EQ(test, frame >> *order == granule,
					test_bit(frame, mmu->named));
		for (frame = granule << *order; frame < last; frame++)
			KUNIT_ASSERT_TRUE(test, mock_mmu_is_armed(mmu, frame));
	}
	mock_vm_check(vm, test);
	reader_check(reader, test);
}

/* All granules, from a dirty start: every frame is armed, none beyond. */
static void granule_start_dirty(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	struct mock_vm *vm = vm_create(test, NR, 1);
	struct mock_mmu *mmu = &vm->mmus[0];
	struct reader *reader;

	open_all(mmu);
	reader = reader_attach(test, &vm->rig, *order, DIRTYLOG_START_DIRTY);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, reader->nr, reader_nr_shown(reader));
	KUNIT_EXPECT_TRUE(test, bitmap_full(mmu->named, NR));
	KUNIT_EXPECT_EQ(test, 1, mmu->count[MOCK_FLUSH]);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 0, reader_nr_shown(reader));
	mock_vm_check(vm, test);
	reader_check(reader, test);
}

/* Rearm of every second granule arms the frames of those. */
static void granule_rearm(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	struct mock_vm *vm = vm_create(test, NR, 1);
	struct mock_mmu *mmu = &vm->mmus[0];
	struct reader *reader = reader_attach(test, &vm->rig, *order,
					      DIRTYLOG_START_DIRTY);
	unsigned long granule, frame;

	for (granule = 0; granule < reader->nr; granule += 2)
		__set_bit(granule, reader->named);
	KUNIT_ASSERT_EQ(test, 0, reader_rearm(reader, 0, reader->nr));
	for (frame = 0; frame < NR; frame++)
		KUNIT_ASSERT_EQ(test, !((frame >> *order) % 2),
				test_bit(frame, mmu->named));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	for (granule = 0; granule < reader->nr; granule++)
		KUNIT_ASSERT_EQ(test, granule % 2, reader_saw(reader, granule));
	KUNIT_EXPECT_TRUE(test, bitmap_full(mmu->named, NR));
	mock_vm_check(vm, test);
	reader_check(reader, test);
}

/* The lock is not held for more than DIRTYLOG_CHUNK_PAGES frames (mock_mmu). */
static void granule_gives_way(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	unsigned long nr = 3 * DIRTYLOG_CHUNK_PAGES + 65;
	struct mock_vm *vm = vm_create(test, nr, 1);
	struct reader *reader = reader_attach(test, &vm->rig, *order,
					      DIRTYLOG_START_DIRTY);

	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	/* Four times, and some more if somebody waits for the CPU. */
	KUNIT_EXPECT_GE(test, vm->mmus[0].count[MOCK_LOCK], 4);
	KUNIT_EXPECT_LE(test, vm->mmus[0].count[MOCK_LOCK], 40);
	KUNIT_EXPECT_TRUE(test, bitmap_full(vm->mmus[0].named, nr));
	KUNIT_EXPECT_EQ(test, 1, vm->mmus[0].count[MOCK_FLUSH]);
	mock_vm_check(vm, test);
}

/* What one tracker takes stays dirty for the other, whatever their granules. */
static void granule_two_trackers(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	struct mock_vm *vm = vm_create(test, NR, 1);
	struct mock_vcpu *vcpu = &vm->mmus[0].vcpus[0];
	struct reader *a = reader_attach(test, &vm->rig, 0,
					 DIRTYLOG_START_CLEAN);
	struct reader *b = reader_attach(test, &vm->rig, *order,
					 DIRTYLOG_START_CLEAN);

	mock_guest_write(vcpu, 600, 1);
	a->fail_at = 1;
	KUNIT_EXPECT_EQ(test, -EIO, reader_harvest_all(a));
	a->fail_at = 0;
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(b));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(b));
	/* What was put back for one was not put back for the other. */
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(b));
	KUNIT_EXPECT_EQ(test, 0, reader_nr_shown(b));

	mock_guest_write(vcpu, 601, 2);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(a));
	KUNIT_EXPECT_EQ(test, 2, reader_nr_shown(a));
	mock_guest_write(vcpu, 600, 3);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(b));
	KUNIT_EXPECT_TRUE(test, reader_saw(b, 600 >> *order));
	KUNIT_EXPECT_TRUE(test, reader_saw(b, 601 >> *order));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(a));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(a));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(a));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(b));
	mock_vm_check(vm, test);
}

/* A write through one mapping arms the page in all, and flushes all. */
static void granule_two_mappings(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	struct mock_vm *vm = vm_create(test, NR, 2);
	struct reader *reader = reader_attach(test, &vm->rig, *order,
					      DIRTYLOG_START_ARM);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		mock_guest_write(&vm->mmus[i].vcpus[0], 700, i);
		mock_mmu_reset_counts(&vm->mmus[i]);
	}
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(&vm->mmus[i], 700));
		KUNIT_EXPECT_EQ(test, 1, vm->mmus[i].count[MOCK_FLUSH]);
		KUNIT_EXPECT_EQ(test, 1, vm->mmus[i].count[MOCK_SYNC]);
		KUNIT_EXPECT_GE(test, vm->mmus[i].count[MOCK_PREPARE], 1);
	}
	mock_guest_write(&vm->mmus[1].vcpus[0], 700, 5);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
	mock_vm_check(vm, test);
}

/* A large entry that one fault opens is dirty in all of its granules. */
static void granule_large_entry(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	struct mock_vm *vm = vm_create(test, NR, 1);
	struct mock_mmu *mmu = &vm->mmus[0];
	struct reader *reader;
	unsigned long frame;

	mock_mmu_map_large(mmu, 1024);
	mmu->open_large = true;
	reader = reader_attach(test, &vm->rig, *order, DIRTYLOG_START_ARM);
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(mmu, 1030));
	mock_guest_write(&mmu->vcpus[0], 1030, 1);
	for (frame = 1024; frame < 1024 + MOCK_TABLE_FRAMES; frame++) {
		KUNIT_ASSERT_TRUE(test, mock_mmu_entry_writable(mmu, frame));
		KUNIT_ASSERT_TRUE(test, test_bit(frame >> *order,
						 reader->tracker.record.level[0]));
	}
	/* Only one granule of it is taken: the rest of the entry stays open. */
	KUNIT_ASSERT_EQ(test, 0, reader_harvest(reader, 1030 >> *order,
						(1030 >> *order) + 1));
	mock_guest_write(&mmu->vcpus[0], 1030, 2);
	mock_guest_write(&mmu->vcpus[0], 1535, 2);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
	mock_vm_check(vm, test);
}

static void check_mask(struct kunit *test, struct mock_vm *vm,
		       unsigned long first, unsigned long mask)
{
	struct mock_mmu *mmu = &vm->mmus[0];
	unsigned long frame;

	open_all(mmu);
	mock_mmu_reset_counts(mmu);
	KUNIT_ASSERT_EQ(test, 0, dirtylog_protect(&vm->log, vm, first, mask));
	for (frame = 0; frame < vm->log.nr_pages; frame++) {
		bool named = frame >= first && frame - first < BITS_PER_LONG &&
			     (mask & BIT(frame - first));

		KUNIT_ASSERT_EQ(test, named, test_bit(frame, mmu->named));
		KUNIT_ASSERT_NE(test, named,
				mock_mmu_entry_writable(mmu, frame));
	}
	KUNIT_ASSERT_EQ(test, 0, mmu->count[MOCK_FLUSH]);
}

/* Arming without a record, at any frame, with masks beyond the log. */
static void protect_masks(struct kunit *test)
{
	static const unsigned long masks[] = { 1, ~0UL, BIT(BITS_PER_LONG - 1),
					       0, 0x5555, ~0UL << 7 };
	static const unsigned long sizes[] = { 1, 63, 64, 65, 130, 192 };
	unsigned long first, i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct mock_vm *vm = vm_create(test, sizes[i], 1);

		for (first = 0; first < sizes[i] + 70; first++) {
			for (j = 0; j < ARRAY_SIZE(masks); j++)
				check_mask(test, vm, first, masks[j]);
		}
		check_mask(test, vm, ULONG_MAX, ~0UL);
		check_mask(test, vm, ULONG_MAX - 63, ~0UL);
		mock_vm_check(vm, test);
	}
}

/* It takes nothing from a tracker, and dirtylog_flush() ends it. */
static void protect_and_flush(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test, NR, 2);
	struct reader *reader = reader_attach(test, &vm->rig, 0,
					      DIRTYLOG_START_CLEAN);
	unsigned int i;

	for (i = 0; i < 2; i++)
		mock_guest_write(&vm->mmus[i].vcpus[0], 70, 1);
	KUNIT_EXPECT_EQ(test, 0, dirtylog_protect(&vm->log, vm, 60, BIT(10)));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_FALSE(test,
				   mock_mmu_entry_writable(&vm->mmus[i], 70));
		KUNIT_EXPECT_FALSE(test, mock_mmu_is_armed(&vm->mmus[i], 70));
	}
	dirtylog_flush(&vm->log, vm);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(&vm->mmus[i], 70));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, 70));
	mock_vm_check(vm, test);
}

static void protect_all(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test, NR, 2);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		mock_guest_write(&vm->mmus[i].vcpus[0], 0, 1);
		mock_guest_write(&vm->mmus[i].vcpus[1], NR - 1, 1);
	}
	KUNIT_EXPECT_EQ(test, 0, dirtylog_protect_all(&vm->log, vm));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_FALSE(test,
				   mock_mmu_entry_writable(&vm->mmus[i], 0));
		KUNIT_EXPECT_EQ(test, 0, vm->mmus[i].count[MOCK_FLUSH]);
	}
	dirtylog_flush(&vm->log, vm);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(&vm->mmus[i], 0));
		KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(&vm->mmus[i], NR - 1));
	}
	mock_vm_check(vm, test);
}

static int fail_protect(struct mock_mmu *mmu, enum mock_point point)
{
	return point == MOCK_PROTECT || point == MOCK_ARM ? -ENOSPC : 0;
}

static void protect_fails(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test, NR, 1);

	mock_vm_hook(vm, fail_protect, NULL);
	KUNIT_EXPECT_EQ(test, -ENOSPC, dirtylog_protect(&vm->log, vm, 3, 1));
	KUNIT_EXPECT_EQ(test, -ENOSPC, dirtylog_protect_all(&vm->log, vm));
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&vm->log.lock));
	mock_vm_check(vm, test);
}

/* A signal does not end it: there is no record to put the frames back into. */
static void protect_killed(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test, NR, 1);
	int ret;

	open_all(&vm->mmus[0]);
	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
	ret = dirtylog_protect(&vm->log, vm, 3, 1);
	flush_signals(current);
	disallow_signal(SIGKILL);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_FALSE(test, mock_mmu_entry_writable(&vm->mmus[0], 3));
	mock_vm_check(vm, test);
}

static struct kunit_case granule_cases[] = {
	KUNIT_CASE_PARAM(granule_whole, order_gen_params),
	KUNIT_CASE_PARAM(granule_start_dirty, order_gen_params),
	KUNIT_CASE_PARAM(granule_rearm, order_gen_params),
	KUNIT_CASE_PARAM(granule_gives_way, order_gen_params),
	KUNIT_CASE_PARAM(granule_two_trackers, order_gen_params),
	KUNIT_CASE_PARAM(granule_two_mappings, order_gen_params),
	KUNIT_CASE_PARAM(granule_large_entry, order_gen_params),
	KUNIT_CASE(protect_masks),
	KUNIT_CASE(protect_and_flush),
	KUNIT_CASE(protect_all),
	KUNIT_CASE(protect_fails),
	KUNIT_CASE(protect_killed),
	{}
};

static struct kunit_suite granule_suite = {
	.name = "dirtylog_granule",
	.test_cases = granule_cases,
};

kunit_test_suite(granule_suite);
