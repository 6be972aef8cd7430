// SPDX-License-Identifier: GPL-2.0
/*
 * Counters: what an administrator reads is what happened.
 */
#include <linux/seq_file.h>
#include <kunit/test.h>

#include "../stats.h"
#include "mock_vm.h"
#include "reader.h"

#define NR	2000UL

#ifdef CONFIG_DIRTYLOG_STATS

static void counting_off(void *unused)
{
	dirtylog_stats_enable(false);
}

static void counting_on(struct kunit *test)
{
	dirtylog_stats_enable(true);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, counting_off, NULL));
}

/* The number behind a name in the text for a log. */
static unsigned long number(struct kunit *test, struct dirtylog *log,
			    const char *name)
{
	char *text = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct seq_file m = { .buf = text, .size = PAGE_SIZE };
	unsigned long value;
	char *at;

	KUNIT_ASSERT_NOT_NULL(test, text);
	dirtylog_stats_show(&m, log);
	KUNIT_ASSERT_FALSE(test, seq_has_overflowed(&m));
	text[m.count] = '\0';
	at = strstr(text, name);
	KUNIT_ASSERT_NOT_NULL_MSG(test, at, "no %s in %s", name, text);
	if (sscanf(at + strlen(name), " %lu", &value) != 1)
		KUNIT_FAIL_AND_ABORT(test, "no value after %s in %s", name, text);
	return value;
}

static struct mock_vm *vm_create(struct kunit *test)
{
	struct mock_vm *vm = mock_vm_create(test, 0, NR, 1);

	return vm;
}

static void stats_count(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct reader *reader = reader_attach(test, &vm->rig, 0,
					      DIRTYLOG_START_ARM);
	unsigned int i;

	/* Off: nothing. */
	mock_guest_write(&vm->mmus[0].vcpus[0], 3, 1);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 0, number(test, &vm->log, "marks"));
	KUNIT_EXPECT_EQ(test, 0, number(test, &vm->log, "harvests"));
	KUNIT_EXPECT_EQ(test, 0, number(test, &vm->log, "flushes"));
	KUNIT_EXPECT_EQ(test, NR, number(test, &vm->log, "pages"));

	counting_on(test);
	for (i = 0; i < 5; i++)
		mock_guest_write(&vm->mmus[0].vcpus[0], 100 * i, 1);
	dirtylog_mark_range(&vm->log, 1000, 10);
	KUNIT_ASSERT_EQ(test, 0, reader_peek(reader, 0, NR));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 15, number(test, &vm->log, "marks"));
	KUNIT_EXPECT_EQ(test, 15, number(test, &vm->log, "frames"));
	KUNIT_EXPECT_EQ(test, 1, number(test, &vm->log, "batches"));
	KUNIT_EXPECT_EQ(test, 1, number(test, &vm->log, "flushes"));
	KUNIT_EXPECT_EQ(test, 1, number(test, &vm->log, "harvests"));
	KUNIT_EXPECT_EQ(test, 1, number(test, &vm->log, "peeks"));
	KUNIT_EXPECT_EQ(test, 0, number(test, &vm->log, "rearms"));
	KUNIT_EXPECT_EQ(test, 30, number(test, &vm->log, "shown"));
	KUNIT_EXPECT_EQ(test, 15, number(test, &vm->log, "taken"));
	KUNIT_EXPECT_EQ(test, 0, number(test, &vm->log, "failed"));

	mock_guest_write(&vm->mmus[0].vcpus[0], 7, 2);
	reader->fail_at = 1;
	KUNIT_ASSERT_EQ(test, -EIO, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, number(test, &vm->log, "failed"));
	KUNIT_EXPECT_EQ(test, 1, number(test, &vm->log, "put_back"));
	reader->fail_at = 0;

	bitmap_zero(reader->named, NR);
	__set_bit(7, reader->named);
	KUNIT_ASSERT_EQ(test, 0, reader_rearm(reader, 0, NR));
	KUNIT_EXPECT_EQ(test, 1, number(test, &vm->log, "rearms"));
	KUNIT_EXPECT_EQ(test, 17, number(test, &vm->log, "taken"));
	KUNIT_EXPECT_EQ(test, 30, number(test, &vm->log, "shown"));
}

static void stats_relax(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct reader *reader = reader_attach(test, &vm->rig, 0,
					      DIRTYLOG_START_DIRTY);

	counting_on(test);
	vm->mmus[0].contend = 1;
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, vm->mmus[0].asked,
			number(test, &vm->log, "relaxes"));
	KUNIT_EXPECT_GT(test, vm->mmus[0].asked, 0);
}

static void stats_name(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);

	dirtylog_set_name(&vm->log, "slot %d", 17);
	KUNIT_EXPECT_EQ(test, 17, number(test, &vm->log, "name slot"));
	dirtylog_set_name(&vm->log, "%0*d", 2 * DIRTYLOG_NAME_SIZE, 1);
	KUNIT_EXPECT_EQ(test, DIRTYLOG_NAME_SIZE - 1,
			strlen(vm->log.stats.name));
}

#else

static void stats_count(struct kunit *test)
{
	kunit_skip(test, "CONFIG_DIRTYLOG_STATS is not set");
}

#define stats_relax	stats_count
#define stats_name	stats_count

#endif

static struct kunit_case stats_cases[] = {
	KUNIT_CASE(stats_count),
	KUNIT_CASE(stats_relax),
	KUNIT_CASE(stats_name),
	{}
};

static struct kunit_suite stats_suite = {
	.name = "dirtylog_stats",
	.test_cases = stats_cases,
};

kunit_test_suite(stats_suite);
