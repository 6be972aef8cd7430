// SPDX-License-Identifier: GPL-2.0
/*
 * Segments of 1M that a gmap has as one entry.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <asm/gmap.h>

#include "gmap_rig.h"
#include "reader.h"
#include "soft_vcpu.h"

/* Two segments and a bit. */
#define NR	600UL
#define FRAME	5
#define SEGMENT	_PAGE_ENTRIES

static struct gmap_rig *make(struct kunit *test)
{
	return to_gmap_rig(gmap_rig_create_large_two(test, 0, NR));
}

static void guest_write(struct gmap_rig *g, unsigned int vcpu, u32 value)
{
	g->rig.ops->guest_write(&g->rig, vcpu, FRAME, value);
}

static unsigned long entry(struct gmap_rig *g, unsigned int n, unsigned long frame)
{
	unsigned long *p = gmap_rig_segment(g, n, frame);

	return p ? *p : 0;
}

/* One store opens a segment, in one gmap; a pass closes it, in both. */
static void large_states(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader;

	guest_write(g, 0, 1);
	guest_write(g, 1, 2);
	KUNIT_ASSERT_TRUE(test, entry(g, 0, FRAME) & _SEGMENT_ENTRY_LARGE);
	KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(entry(g, 0, FRAME)));
	KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(entry(g, 1, FRAME)));

	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(entry(g, 0, FRAME)));
	KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(entry(g, 1, FRAME)));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 0, reader_nr_shown(reader));

	guest_write(g, 1, 3);
	KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(entry(g, 0, FRAME)));
	KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(entry(g, 1, FRAME)));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, SEGMENT, reader_nr_shown(reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, 0));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, SEGMENT - 1));
	KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(entry(g, 1, FRAME)));
}

/*
 * The first read fault of a segment that the log has links it, and none opens it: two
 * vCPUs may read at once.
 */
static void large_read_fault(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	unsigned long gaddr = gmap_rig_gaddr(g, FRAME);
	struct reader *reader;
	unsigned int i;

	/* The host's entry is writable and dirty. */
	guest_write(g, 0, 1);
	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	gmap_unlink(g->mm, NULL, gmap_rig_vmaddr(g, FRAME) & PMD_MASK);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));

	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, gmap_fault(g->gmaps[0], gaddr, 0));
		KUNIT_ASSERT_TRUE(test, entry(g, 0, FRAME) & _SEGMENT_ENTRY_LARGE);
		KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(entry(g, 0, FRAME)));
	}
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 0, reader_nr_shown(reader));

	guest_write(g, 0, 2);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

/* A segment has one place in a gmap: a second one is refused, to who only reads too. */
static void large_alias(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	unsigned long segment = gmap_rig_vmaddr(g, FRAME) & PMD_MASK;
	unsigned long alias = GMAP_RIG_GADDR / 2;

	KUNIT_ASSERT_EQ(test, 0, gmap_map_segment(g->gmaps[0], segment, alias, PMD_SIZE));
	guest_write(g, 0, 1);
	KUNIT_EXPECT_EQ(test, -EEXIST, gmap_fault(g->gmaps[0], alias, 0));
	KUNIT_EXPECT_EQ(test, -EEXIST, gmap_fault(g->gmaps[0], alias, FAULT_FLAG_WRITE));
}

/* A log that has a part of a segment is told of that part. */
static void large_partial(struct kunit *test)
{
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_large(test, 100, 20));
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);

	guest_write(g, 0, 1);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 20, reader_nr_shown(reader));
	KUNIT_EXPECT_EQ(test, 20, reader_diff(reader));
}

/* The functions by which an entry goes away. */
enum dropper {
	BY_UNLINK, BY_UNMAP_SEGMENT, BY_INVALIDATE, BY_CSP, BY_IDTE_LOCAL,
	BY_IDTE_GLOBAL, BY_ZAP,
};

static const enum dropper droppers[] = {
	BY_UNLINK, BY_UNMAP_SEGMENT, BY_INVALIDATE, BY_CSP, BY_IDTE_LOCAL,
	BY_IDTE_GLOBAL, BY_ZAP,
};

static void dropper_desc(const enum dropper *dropper, char *desc)
{
	static const char * const names[] = {
		[BY_UNLINK]	= "gmap_unlink",
		[BY_UNMAP_SEGMENT]	= "gmap_unmap_segment",
		[BY_INVALIDATE]	= "gmap_pmdp_invalidate",
		[BY_CSP]		= "gmap_pmdp_csp",
		[BY_IDTE_LOCAL]	= "gmap_pmdp_idte_local",
		[BY_IDTE_GLOBAL]	= "gmap_pmdp_idte_global",
		[BY_ZAP]		= "zap_page_range_single",
	};

	strscpy(desc, names[*dropper], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(dropper, droppers, dropper_desc);

static void drop(struct gmap_rig *g, enum dropper dropper)
{
	unsigned long segment = gmap_rig_vmaddr(g, FRAME) & PMD_MASK;

	switch (dropper) {
	case BY_UNLINK:
		gmap_unlink(g->mm, NULL, segment);
		break;
	case BY_UNMAP_SEGMENT:
		gmap_unmap_segment(g->gmaps[0], gmap_rig_gaddr(g, FRAME) & PMD_MASK,
				   PMD_SIZE);
		break;
	case BY_INVALIDATE:
		gmap_pmdp_invalidate(g->mm, segment);
		break;
	case BY_CSP:
		gmap_pmdp_csp(g->mm, segment);
		break;
	case BY_IDTE_LOCAL:
		gmap_pmdp_idte_local(g->mm, segment);
		break;
	case BY_IDTE_GLOBAL:
		gmap_pmdp_idte_global(g->mm, segment);
		break;
	case BY_ZAP:
		g->rig.ops->unmap(&g->rig, FRAME, 1);
		break;
	}
}

/*
 * An entry that is open although its mark was taken, which should not be: what is
 * written before it goes is in the log all the same.
 */
static void large_dropped(struct kunit *test)
{
	enum dropper dropper = *(const enum dropper *)test->param_value;
	struct gmap_rig *g = make(test);
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);

	guest_write(g, 0, 1);
	gmap_rig_take_only(test, reader);
	KUNIT_ASSERT_TRUE(test, gmap_rig_lets_write(entry(g, 0, FRAME)));
	guest_write(g, 0, 2);
	drop(g, dropper);
	KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(entry(g, 0, FRAME)));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

/* The huge page goes away between a fault and its link: the guest faults again. */
static void large_link_to_nothing(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	unsigned long gaddr = gmap_rig_gaddr(g, FRAME);
	unsigned long vmaddr = gmap_rig_vmaddr(g, FRAME);

	guest_write(g, 0, 1);
	drop(g, BY_ZAP);
	mmap_read_lock(g->mm);
	KUNIT_EXPECT_EQ(test, 0, gmap_link(g->gmaps[0], gaddr, vmaddr, true));
	mmap_read_unlock(g->mm);
	KUNIT_EXPECT_EQ(test, 0, entry(g, 0, FRAME));
	guest_write(g, 0, 2);
	KUNIT_EXPECT_EQ(test, 0, g->failed);
	KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(entry(g, 0, FRAME)));
}

/* Rule 9: what a guest can write through gmap entries, the host knows to be dirty. */
static void large_host_is_dirty(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct folio *folio;
	struct page *page;

	guest_write(g, 0, 1);
	KUNIT_ASSERT_TRUE(test, gmap_rig_lets_write(entry(g, 0, FRAME)));
	page = find_get_page(g->file->f_mapping, g->offset + FRAME);
	KUNIT_ASSERT_NOT_NULL(test, page);
	folio = page_folio(page);
	folio_clear_dirty(folio);
	drop(g, BY_ZAP);
	KUNIT_EXPECT_TRUE(test, folio_test_dirty(folio));
	folio_put(folio);
	KUNIT_EXPECT_EQ(test, 0, entry(g, 0, FRAME));
}

/* A change of a storage key is one of its page, not of the segment. */
static void large_storage_key(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader;

	guest_write(g, 0, 1);
	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	mmap_read_lock(g->mm);
	KUNIT_EXPECT_EQ(test, 0, set_guest_storage_key(g->mm, gmap_rig_vmaddr(g, FRAME),
						       0x30, false));
	mmap_read_unlock(g->mm);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, FRAME));
}

/* Whoever has a prefix page in a segment is told that it was protected. */
static void large_notifies(struct kunit *test)
{
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_large(test, 0, NR));
	unsigned long gaddr = gmap_rig_gaddr(g, SEGMENT + 3);
	struct gmap_rig_notified *notified = gmap_rig_notify(test);

	g->rig.ops->guest_write(&g->rig, 0, SEGMENT + 3, 1);
	notified->calls = 0;
	mmap_read_lock(g->mm);
	gmap_dirtylog_protect(&g->range, NULL);
	mmap_read_unlock(g->mm);
	KUNIT_EXPECT_EQ(test, 1, notified->calls);
	KUNIT_EXPECT_EQ(test, gaddr & PMD_MASK, notified->start);
	KUNIT_EXPECT_EQ(test, gaddr | ~PMD_MASK, notified->end);
}

/* Return: the program interruption of a store after protection, in one session. */
static unsigned int store_after(struct kunit *test, bool flush)
{
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_large(test, 0, NR));
	unsigned long gaddr = gmap_rig_gaddr(g, FRAME);
	unsigned long segment = gmap_rig_vmaddr(g, FRAME) & PMD_MASK;
	struct soft_vcpu_session s;
	unsigned int first, second;
	unsigned long *p;

	guest_write(g, 0, 1);
	p = gmap_rig_segment(g, 0, FRAME);
	KUNIT_ASSERT_NOT_NULL(test, p);
	soft_vcpu_enter(&s, g->gmaps[0]->asce);
	first = soft_vcpu_store(&s, gaddr, 2);
	if (flush)
		gmap_dirtylog_protect_segment(g->mm, segment);
	else
		WRITE_ONCE(*p, *p | _SEGMENT_ENTRY_PROTECT);
	second = soft_vcpu_store(&s, gaddr, 3);
	soft_vcpu_leave(&s);
	KUNIT_EXPECT_EQ(test, 0, first);
	KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(entry(g, 0, FRAME)));
	return second;
}

static void large_flush(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, SOFT_VCPU_PROTECTION, store_after(test, true));
}

/* The bug on purpose: the machine would notice a protect that does not flush. */
static void control_large_flush_missing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, store_after(test, false));
}

/* Two logs that share a segment, as of two VMs in one process. */
static void large_two_logs(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct dirtylog other;
	struct dirtylog_tracker tracker;
	struct gmap_dirtylog range = {
		.start = gmap_rig_vmaddr(g, SEGMENT - 10),
		.size = 30UL << PAGE_SHIFT,
		.mapping.ops = &gmap_rig_mapping_ops,
	};
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	unsigned long marked = 0;
	bool ok;

	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&other, 30));
	ok = !dirtylog_map(&other, &range.mapping) &&
	     !dirtylog_attach(&other, &tracker, 0, DIRTYLOG_START_CLEAN);
	gmap_dirtylog_add(&range, g->mm);
	guest_write(g, 1, 1);
	if (ok)
		marked = find_first_zero_bit(tracker.record.level[0], 30);
	gmap_dirtylog_remove(&range);
	dirtylog_destroy(&other);
	KUNIT_EXPECT_TRUE(test, ok);
	KUNIT_EXPECT_EQ(test, 10, marked);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, SEGMENT, reader_nr_shown(reader));
}

static struct kunit_case gmap_large_cases[] = {
	KUNIT_CASE(large_states),
	KUNIT_CASE(large_read_fault),
	KUNIT_CASE(large_alias),
	KUNIT_CASE(large_partial),
	KUNIT_CASE_PARAM(large_dropped, dropper_gen_params),
	KUNIT_CASE(large_link_to_nothing),
	KUNIT_CASE(large_host_is_dirty),
	KUNIT_CASE(large_storage_key),
	KUNIT_CASE(large_notifies),
	KUNIT_CASE(large_flush),
	KUNIT_CASE(control_large_flush_missing),
	KUNIT_CASE(large_two_logs),
	{}
};

static struct kunit_suite gmap_large_suite = {
	.name = "gmap_large",
	.test_cases = gmap_large_cases,
};

kunit_test_suite(gmap_large_suite);
