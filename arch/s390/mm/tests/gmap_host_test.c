// SPDX-License-Identifier: GPL-2.0
/*
 * Stores of the VMM to large pages, for a log that wants them.
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <asm/gmap.h>

#include "gmap_rig.h"
#include "reader.h"

/* Two segments and a bit. */
#define NR	600UL
#define FRAME	5
#define SEGMENT	_PAGE_ENTRIES

static struct gmap_rig *make(struct kunit *test)
{
	return to_gmap_rig(gmap_rig_create_large_host(test, 0, NR));
}

static void guest_write(struct gmap_rig *g, unsigned int vcpu, u32 value)
{
	g->rig.ops->guest_write(&g->rig, vcpu, FRAME, value);
}

static void host_write(struct kunit *test, struct gmap_rig *g, u32 value)
{
	u32 __user *to = (u32 __user *)gmap_rig_vmaddr(g, FRAME);

	KUNIT_EXPECT_EQ(test, 0, put_user(value, to));
}

/* The host's entry. */
static unsigned long host(struct gmap_rig *g)
{
	unsigned long addr = gmap_rig_vmaddr(g, FRAME) & PMD_MASK;
	pmd_t *pmdp = pmd_off(g->mm, addr);

	return pmd_val(READ_ONCE(*pmdp));
}

static unsigned long segment(struct gmap_rig *g, unsigned int n)
{
	unsigned long *p = gmap_rig_segment(g, n, FRAME);

	return p ? *p : 0;
}

/* Writable and dirty for the kernel, protected for the CPU. */
static void expect_armed(struct kunit *test, struct gmap_rig *g)
{
	unsigned long entry = host(g);

	KUNIT_EXPECT_TRUE(test, entry & _SEGMENT_ENTRY_WRITE);
	KUNIT_EXPECT_TRUE(test, entry & _SEGMENT_ENTRY_DIRTY);
	KUNIT_EXPECT_TRUE(test, entry & _SEGMENT_ENTRY_PROTECT);
	KUNIT_EXPECT_FALSE(test, entry & _SEGMENT_ENTRY_INVALID);
}

/* A store opens the host's entry alone, and is in the log; a pass closes it. */
static void host_store(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader;
	unsigned int round;

	guest_write(g, 0, 1);
	guest_write(g, 1, 2);
	host_write(test, g, 3);
	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	for (round = 0; round < 3; round++) {
		expect_armed(test, g);
		host_write(test, g, 4 + round);
		KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(host(g)));
		KUNIT_EXPECT_TRUE(test, segment(g, 0) & _SEGMENT_ENTRY_PROTECT);
		KUNIT_EXPECT_TRUE(test, segment(g, 1) & _SEGMENT_ENTRY_PROTECT);
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
		KUNIT_EXPECT_EQ(test, SEGMENT, reader_nr_shown(reader));
		KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
		KUNIT_EXPECT_EQ(test, 0, reader_nr_shown(reader));
	}
}

/* A guest's store opens the host's entry and its own, in one fault. */
static void host_guest_store(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader;

	guest_write(g, 0, 1);
	guest_write(g, 1, 2);
	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	expect_armed(test, g);
	KUNIT_ASSERT_EQ(test, 0, gmap_fault(g->gmaps[0], gmap_rig_gaddr(g, FRAME),
					    FAULT_FLAG_WRITE));
	KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(host(g)));
	KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(segment(g, 0)));
	KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(segment(g, 1)));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	expect_armed(test, g);
	KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(segment(g, 0)));
	KUNIT_EXPECT_EQ(test, SEGMENT, reader_nr_shown(reader));
}

/* A read changes nothing of it. */
static void host_load(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader;
	u32 value;

	host_write(test, g, 7);
	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	KUNIT_EXPECT_EQ(test, 0, get_user(value, (u32 __user *)gmap_rig_vmaddr(g, FRAME)));
	KUNIT_EXPECT_EQ(test, 7, value);
	expect_armed(test, g);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 0, reader_nr_shown(reader));
}

/* An entry that is made anew is open, and in the log. */
static void host_new_entry(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);

	host_write(test, g, 1);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, SEGMENT, reader_nr_shown(reader));
	g->rig.ops->unmap(&g->rig, FRAME, 1);
	host_write(test, g, 2);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, SEGMENT, reader_nr_shown(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

/* A pass protects what it was told of, and no other segment. */
static void host_named_only(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);

	host_write(test, g, 1);
	dirtylog_mark(&g->log, SEGMENT + 1);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest(reader, SEGMENT, 2 * SEGMENT));
	KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(host(g)));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	expect_armed(test, g);
}

/* Without the option the host's entry is left alone, and its stores are in no log. */
static void host_not_wanted(struct kunit *test)
{
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_large_two(test, 0, NR));
	struct reader *reader;

	host_write(test, g, 1);
	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(host(g)));
	host_write(test, g, 2);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 0, reader_nr_shown(reader));
}

/* Of two logs of the same memory the one that wants the VMM's stores gets them. */
static void host_two_logs(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	struct gmap_dirtylog range = {
		.start = g->range.start,
		.size = g->range.size,
		.mapping.ops = &gmap_rig_mapping_ops,
	};
	struct dirtylog_tracker tracker;
	struct dirtylog other;
	unsigned long by_host = NR, by_guest = NR;
	bool ok;

	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&other, NR));
	ok = !dirtylog_map(&other, &range.mapping) &&
	     !dirtylog_attach(&other, &tracker, 0, DIRTYLOG_START_CLEAN);
	gmap_dirtylog_add(&range, g->mm);
	host_write(test, g, 1);
	if (ok)
		by_host = find_first_bit(tracker.record.level[0], NR);
	guest_write(g, 0, 2);
	if (ok)
		by_guest = find_first_bit(tracker.record.level[0], NR);
	gmap_dirtylog_remove(&range);
	dirtylog_destroy(&other);
	KUNIT_EXPECT_TRUE(test, ok);
	KUNIT_EXPECT_EQ(test, NR, by_host);
	KUNIT_EXPECT_EQ(test, 0, by_guest);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, SEGMENT, reader_nr_shown(reader));
}

/* An entry that is armed when its log goes can be written all the same. */
static void host_log_gone(struct kunit *test)
{
	struct gmap_rig *g = make(test);

	guest_write(g, 0, 1);
	reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	expect_armed(test, g);
	gmap_dirtylog_remove(&g->range);
	host_write(test, g, 2);
	KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(host(g)));
	guest_write(g, 1, 3);
	KUNIT_EXPECT_EQ(test, 0, g->failed);
}

static struct kunit_case gmap_host_cases[] = {
	KUNIT_CASE(host_store),
	KUNIT_CASE(host_guest_store),
	KUNIT_CASE(host_load),
	KUNIT_CASE(host_new_entry),
	KUNIT_CASE(host_named_only),
	KUNIT_CASE(host_not_wanted),
	KUNIT_CASE(host_two_logs),
	KUNIT_CASE(host_log_gone),
	{}
};

static struct kunit_suite gmap_host_suite = {
	.name = "gmap_host",
	.test_cases = gmap_host_cases,
};

kunit_test_suite(gmap_host_suite);
