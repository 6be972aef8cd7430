// SPDX-License-Identifier: GPL-2.0
/*
 * More than one tracker, and more than one mapping, while there are writers.
 */
#include <linux/bitmap.h>
#include <linux/kthread.h>
#include <kunit/test.h>

#include "mock_vm.h"
#include "reader.h"

#define NR	(3 * DIRTYLOG_CHUNK_PAGES + 13UL)

static struct mock_vm *vm_create(struct kunit *test)
{
	return mock_vm_create(test, 65, NR, 2);
}

static unsigned long nr_named(struct mock_vm *vm, unsigned int i)
{
	return bitmap_weight(vm->mmus[i].named, NR);
}

static void populate(struct mock_vm *vm)
{
	unsigned long frame;

	for (frame = 0; frame < NR; frame++)
		mock_guest_write(&vm->mmus[frame % 2].vcpus[0], frame, 1);
}

/* Costs what is dirty in the first. */
static void second_costs_dirty(struct kunit *test)
{
	static const unsigned long dirty[] = { 0, 63, 64, 40000, NR - 1 };
	struct mock_vm *vm = vm_create(test);
	struct reader *first, *second;
	unsigned int i;

	populate(vm);
	first = reader_attach(test, &vm->rig, 0, DIRTYLOG_START_ARM);
	for (i = 0; i < ARRAY_SIZE(dirty); i++)
		mock_guest_write(&vm->mmus[i % 2].vcpus[1], dirty[i], 2);
	mock_mmu_reset_counts(&vm->mmus[0]);
	mock_mmu_reset_counts(&vm->mmus[1]);

	second = reader_attach(test, &vm->rig, 4, DIRTYLOG_START_ARM);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, 0, vm->mmus[i].count[MOCK_ARM]);
		KUNIT_EXPECT_EQ(test, 1, vm->mmus[i].count[MOCK_FLUSH]);
		KUNIT_EXPECT_EQ(test, ARRAY_SIZE(dirty), nr_named(vm, i));
	}
	for (i = 0; i < ARRAY_SIZE(dirty); i++) {
		KUNIT_EXPECT_TRUE(test, test_bit(dirty[i], vm->mmus[0].named));
		KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(&vm->mmus[i % 2],
							  dirty[i]));
	}

	/* Nothing was taken from the first, and the second sees every write. */
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(first));
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(dirty), reader_nr_shown(first));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(second));
	KUNIT_EXPECT_EQ(test, 0, reader_nr_shown(second));
	for (i = 0; i < ARRAY_SIZE(dirty); i++)
		mock_guest_write(&vm->mmus[i % 2].vcpus[1], dirty[i], 3);
	mock_guest_write(&vm->mmus[0].vcpus[0], 1000, 3);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(second));
	KUNIT_EXPECT_EQ(test, 6, reader_nr_shown(second));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(first));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(first));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(second));
	mock_vm_check(vm, test);
}

/* Everything, if the first started all-dirty; the finest one if there are two. */
static void second_after_dirty(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct reader *first, *second, *third;

	populate(vm);
	first = reader_attach(test, &vm->rig, 9, DIRTYLOG_START_DIRTY);
	mock_mmu_reset_counts(&vm->mmus[0]);
	second = reader_attach(test, &vm->rig, 0, DIRTYLOG_START_ARM);
	KUNIT_EXPECT_EQ(test, NR, nr_named(vm, 0));

	mock_guest_write(&vm->mmus[0].vcpus[0], 70000, 4);
	mock_mmu_reset_counts(&vm->mmus[0]);
	third = reader_attach(test, &vm->rig, 0, DIRTYLOG_START_ARM);
	KUNIT_EXPECT_EQ(test, 1, nr_named(vm, 0));

	mock_guest_write(&vm->mmus[0].vcpus[0], 70000, 5);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(second));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(second));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(third));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(third));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(first));
	KUNIT_EXPECT_EQ(test, dirtylog_nr_granules(&first->tracker),
			reader_nr_shown(first));
	mock_vm_check(vm, test);
}

static int fail_protect(struct mock_mmu *mmu, enum mock_point point)
{
	return point == MOCK_PROTECT ? -EIO : 0;
}

static void second_fails(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct reader *first, *second;

	first = reader_attach(test, &vm->rig, 0, DIRTYLOG_START_ARM);
	mock_guest_write(&vm->mmus[1].vcpus[0], 5, 1);
	second = reader_alloc(test, &vm->rig, 0);
	KUNIT_ASSERT_EQ(test, 0, reader_start(second, DIRTYLOG_START_ARM));
	mock_vm_hook(vm, fail_protect, NULL);
	mock_mmu_reset_counts(&vm->mmus[1]);
	KUNIT_EXPECT_EQ(test, -EIO, reader_arm(second));
	KUNIT_EXPECT_EQ(test, 1, vm->mmus[1].count[MOCK_FLUSH]);
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_harvest_all(second));
	mock_vm_hook(vm, NULL, NULL);

	KUNIT_EXPECT_EQ(test, 0, reader_arm(second));
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(&vm->mmus[1], 5));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(first));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(first));
	mock_vm_check(vm, test);
}

/* Writes while the second one is armed are in both. */
static int write_while_arming(struct mock_mmu *mmu, enum mock_point point)
{
	if (point == MOCK_PROTECTED || point == MOCK_UNLOCK ||
	    point == MOCK_FLUSH || point == MOCK_FLUSHED) {
		mock_guest_write(&mmu->vcpus[2], point, mmu->clock);
		mock_guest_write(&mmu->vcpus[2], 5, mmu->clock);
	}
	return 0;
}

static void second_while_writing(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct reader *first, *second;

	populate(vm);
	first = reader_attach(test, &vm->rig, 0, DIRTYLOG_START_ARM);
	mock_guest_write(&vm->mmus[0].vcpus[0], 5, 1);
	mock_guest_write(&vm->mmus[1].vcpus[2], 5, 1);
	second = reader_alloc(test, &vm->rig, 0);
	KUNIT_ASSERT_EQ(test, 0, reader_start(second, DIRTYLOG_START_ARM));
	mock_vm_hook(vm, write_while_arming, NULL);
	KUNIT_ASSERT_EQ(test, 0, reader_arm(second));
	mock_vm_hook(vm, NULL, NULL);
	mock_guest_write(&vm->mmus[0].vcpus[2], 5, 99);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(first));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(second));
	KUNIT_EXPECT_TRUE(test, reader_saw(second, 5));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(first));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(second));
	mock_vm_check(vm, test);
}

/* A populated mapping joins a log that is being read, and leaves it again. */
static void second_mapping(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct mock_mmu *late = &vm->mmus[1];
	struct reader *reader;
	unsigned int round;

	dirtylog_unmap(&vm->log, &late->mapping, vm);
	reader = reader_attach(test, &vm->rig, 0, DIRTYLOG_START_ARM);
	for (round = 0; round < 3; round++) {
		unsigned long first = 100 + 1000 * round;
		unsigned long frame;

		/* Not yet the log's: nobody marks. */
		mock_mmu_zap(late, 0, NR);
		for (frame = first; frame < first + 700; frame++) {
			late->entries[frame] = MOCK_PRESENT | MOCK_WRITABLE;
			mock_guest_write(&late->vcpus[0], frame, round + 7);
		}
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
		KUNIT_ASSERT_EQ(test, 0, reader_nr_shown(reader));

		KUNIT_ASSERT_EQ(test, 0, dirtylog_map(&vm->log, &late->mapping));
		dirtylog_mark_range(&vm->log, first, 700);
		mock_guest_write(&late->vcpus[0], first + 5, round + 8);
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
		KUNIT_ASSERT_EQ(test, 700, reader_nr_shown(reader));
		mock_guest_write(&late->vcpus[0], first + 6, round + 9);
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
		KUNIT_ASSERT_EQ(test, 1, reader_nr_shown(reader));
		KUNIT_ASSERT_EQ(test, NR, reader_diff(reader));

		mock_mmu_zap(late, 0, NR);
		dirtylog_unmap(&vm->log, &late->mapping, vm);
	}
	mock_vm_check(vm, test);
}

static struct kunit_case second_cases[] = {
	KUNIT_CASE(second_costs_dirty),
	KUNIT_CASE(second_after_dirty),
	KUNIT_CASE(second_fails),
	KUNIT_CASE(second_while_writing),
	KUNIT_CASE(second_mapping),
	{}
};

static struct kunit_suite second_suite = {
	.name = "dirtylog_second",
	.test_cases = second_cases,
};

kunit_test_suite(second_suite);
