// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is not there, and logs as large as they get.
 */
#include <linux/mm.h>
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "../internal.h"
#include "mock_vm.h"

static unsigned long *no_buf(unsigned long nr_bits, unsigned int order)
{
	return NULL;
}

static int no_record(struct dirtylog_record *record, unsigned long nr_bits,
		     unsigned long top_words)
{
	return -ENOMEM;
}

#ifdef CONFIG_DIRTYLOG_STATS
static int no_stats(struct dirtylog *log)
{
	return -ENOMEM;
}
#endif

/* Each allocation fails once; then the same call works. */
static void memory_fails(struct kunit *test)
{
	struct dirtylog_tracker tracker;
	struct dirtylog log;

#ifdef CONFIG_DIRTYLOG_STATS
	kunit_activate_static_stub(test, dirtylog_stats_add, no_stats);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dirtylog_init(&log, 1000));
	kunit_deactivate_static_stub(test, dirtylog_stats_add);
#endif

	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&log, 1000));
	kunit_activate_static_stub(test, dirtylog_record_init, no_record);
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			dirtylog_attach(&log, &tracker, 0, DIRTYLOG_START_DIRTY));
	KUNIT_EXPECT_TRUE(test, list_empty(&log.trackers));
	KUNIT_EXPECT_NULL(test, tracker.log);
	kunit_deactivate_static_stub(test, dirtylog_record_init);
	kunit_activate_static_stub(test, dirtylog_alloc_buf, no_buf);
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			dirtylog_attach(&log, &tracker, 0, DIRTYLOG_START_DIRTY));
	KUNIT_EXPECT_TRUE(test, list_empty(&log.trackers));
	KUNIT_EXPECT_NULL(test, tracker.log);
	KUNIT_EXPECT_NULL(test, tracker.record.level[0]);
	kunit_deactivate_static_stub(test, dirtylog_alloc_buf);
	dirtylog_mark(&log, 999);

	KUNIT_EXPECT_EQ(test, 0, dirtylog_attach(&log, &tracker, 0,
						 DIRTYLOG_START_CLEAN));
	dirtylog_mark(&log, 999);
	KUNIT_EXPECT_TRUE(test, test_bit(999, tracker.record.level[0]));
	dirtylog_detach(&tracker, NULL);
	dirtylog_destroy(&log);
}

struct seen {
	unsigned int nr;
	unsigned long frames[4];
};

static int see(void *data, const struct dirtylog_chunk *chunk)
{
	struct seen *seen = data;
	unsigned long bit;

	for_each_set_bit(bit, chunk->bits, chunk->nr) {
		if (seen->nr < ARRAY_SIZE(seen->frames))
			seen->frames[seen->nr] = chunk->first + bit;
		seen->nr++;
	}
	return 0;
}

/* The largest memslot of KVM: 2^31 - 1 pages, 256 MiB and a 64th of it. */
static void memory_largest_slot(struct kunit *test)
{
	const unsigned long nr = BIT(31) - 1;
	struct seen seen = {};
	struct dirtylog_tracker tracker;
	struct dirtylog log;
	struct dirtylog_pass pass = {
		.end	= nr,
		.data	= &seen,
		.sink	= see,
	};

	if (totalram_pages() < 700UL * (SZ_1M / PAGE_SIZE))
		kunit_skip(test, "less than 700 MB of memory");
	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&log, nr));
	if (dirtylog_attach(&log, &tracker, 0, DIRTYLOG_START_CLEAN)) {
		dirtylog_destroy(&log);
		KUNIT_FAIL_AND_ABORT(test, "no record");
	}
	dirtylog_mark(&log, 0);
	dirtylog_mark(&log, BIT(30) + 1);
	dirtylog_mark_range(&log, nr - 2, 2);
	KUNIT_EXPECT_EQ(test, 0, dirtylog_harvest(&tracker, &pass));
	KUNIT_EXPECT_EQ(test, seen.nr, 4);
	KUNIT_EXPECT_EQ(test, seen.frames[0], 0);
	KUNIT_EXPECT_EQ(test, seen.frames[1], BIT(30) + 1);
	KUNIT_EXPECT_EQ(test, seen.frames[2], nr - 2);
	KUNIT_EXPECT_EQ(test, seen.frames[3], nr - 1);
	KUNIT_EXPECT_EQ(test, pass.next, nr);
	dirtylog_detach(&tracker, NULL);
	dirtylog_destroy(&log);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE(memory_fails),
	KUNIT_CASE(memory_largest_slot),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "dirtylog_memory",
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
