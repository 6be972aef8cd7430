// SPDX-License-Identifier: GPL-2.0
/*
 * Shadows of a guest: a guest's guest is logged, and its tables are followed, by pages of
 * 4K, also where the guest's memory is of 1M pages.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <kunit/static_stub.h>
#include <asm/gmap.h>
#include <asm/gmap_split.h>
#include <asm/pgalloc.h>

#include "gmap_rig.h"
#include "reader.h"
#include "soft_vcpu.h"

#define NR		600UL
/* Frames of the guest, in three segments: its tables, and what they map. */
#define SEGMENT_TABLE	0
#define PAGE_TABLE	260
#define OTHER_TABLE	263
#define FRAME		520
/* The address that its guest uses, and one through the other table. */
#define SADDR		(HPAGE_SIZE + 7 * PAGE_SIZE)
#define OTHER_SADDR	(2 * HPAGE_SIZE + 7 * PAGE_SIZE)

struct nested {
	struct gmap_rig *g;
	bool large;
	struct reader *reader;
	struct gmap *sg;
};

static void poke(struct kunit *test, struct gmap_rig *g, unsigned long frame,
		 unsigned long index, unsigned long value)
{
	unsigned long __user *to = (void __user *)gmap_rig_vmaddr(g, frame);

	KUNIT_ASSERT_EQ(test, 0, put_user(value, to + index));
}

static unsigned long asce_of_guest(const struct gmap_rig *g)
{
	return gmap_rig_gaddr(g, SEGMENT_TABLE) | _ASCE_TYPE_SEGMENT;
}

/* Shadow the tables of an address, as KVM does for a fault of the guest's guest. */
static int shadow_address(struct nested *n, unsigned long saddr)
{
	struct gmap *gmap = n->g->gmaps[0];
	unsigned long segment, pte;
	int r;

	if (n->sg && !gmap_shadow_valid(n->sg, asce_of_guest(n->g), 0)) {
		gmap_put(n->sg);
		n->sg = NULL;
	}
	if (!n->sg) {
		n->sg = gmap_shadow(gmap, asce_of_guest(n->g), 0);
		if (IS_ERR(n->sg)) {
			r = PTR_ERR(n->sg);
			n->sg = NULL;
			return r;
		}
	}

	mmap_read_lock(gmap->mm);
	r = gmap_read_table(gmap, gmap_rig_gaddr(n->g, SEGMENT_TABLE) +
				  (saddr >> PMD_SHIFT) * sizeof(long), &segment);
	if (!r)
		r = gmap_shadow_pgt(n->sg, saddr, segment, 0);
	if (!r)
		r = gmap_read_table(gmap, (segment & _SEGMENT_ENTRY_ORIGIN) +
					  pte_index(saddr) * sizeof(long), &pte);
	if (!r)
		r = gmap_shadow_page(n->sg, saddr, __pte(pte));
	mmap_read_unlock(gmap->mm);
	return r;
}

static int shadow(struct nested *n)
{
	return shadow_address(n, SADDR);
}

/* The guest's guest stores. Return: 0, or what it is interrupted by. */
static unsigned int store_to(struct nested *n, unsigned long saddr, u32 value)
{
	struct soft_vcpu_session s;
	unsigned int code;

	soft_vcpu_enter(&s, n->sg->asce);
	code = soft_vcpu_store(&s, saddr, value);
	soft_vcpu_leave(&s);
	return code;
}

static unsigned int store(struct nested *n, u32 value)
{
	return store_to(n, SADDR, value);
}

static void put_shadow(void *data)
{
	struct nested *n = data;

	if (n->sg)
		gmap_put(n->sg);
}

/* What the guest's memory is. */
static const struct kind {
	const char *name;
	struct rig *(*create)(struct kunit *test, unsigned long base,
			      unsigned long nr_pages);
} kinds[] = {
	{ "4K", gmap_rig_create },
	{ "1M", gmap_rig_create_large },
	{ "1M, split by a log", gmap_rig_create_split },
};

static void kind_desc(const struct kind *kind, char *desc)
{
	strscpy(desc, kind->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kinds, kind_desc);

static struct nested *make(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct nested *n = kunit_kzalloc(test, sizeof(*n), GFP_KERNEL);
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, n);
	n->g = to_gmap_rig(kind ? kind->create(test, 0, NR) :
				  gmap_rig_create_large(test, 0, NR));
	n->large = n->g->large;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_shadow, n));
	for (i = 0; i < PTRS_PER_PMD / 4; i++)
		poke(test, n->g, SEGMENT_TABLE, i, _SEGMENT_ENTRY_INVALID);
	for (i = 0; i < PTRS_PER_PTE; i++) {
		poke(test, n->g, PAGE_TABLE, i, _PAGE_INVALID);
		poke(test, n->g, OTHER_TABLE, i, _PAGE_INVALID);
	}
	poke(test, n->g, SEGMENT_TABLE, SADDR >> PMD_SHIFT,
	     gmap_rig_gaddr(n->g, PAGE_TABLE));
	poke(test, n->g, SEGMENT_TABLE, OTHER_SADDR >> PMD_SHIFT,
	     gmap_rig_gaddr(n->g, OTHER_TABLE));
	poke(test, n->g, PAGE_TABLE, pte_index(SADDR), gmap_rig_gaddr(n->g, FRAME));
	n->reader = reader_attach(test, &n->g->rig, 0, DIRTYLOG_START_ARM);
	return n;
}

static unsigned long entry(struct nested *n)
{
	return gmap_rig_segment_value(n->g, 0, FRAME);
}

static u32 read_frame(struct nested *n, unsigned long frame)
{
	return n->g->rig.ops->read(&n->g->rig, frame);
}

/* Split whether segments of a log are or not; what is stored is one page of the log. */
static void shadow_stores(struct kunit *test)
{
	struct nested *n = make(test);
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		KUNIT_ASSERT_EQ(test, 0, shadow(n));
		KUNIT_EXPECT_EQ(test, n->large, gmap_entry_is_split(entry(n)));
		KUNIT_EXPECT_EQ(test, 0, store(n, i));
		KUNIT_EXPECT_EQ(test, i, read_frame(n, FRAME));
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(n->reader));
		KUNIT_EXPECT_TRUE(test, reader_saw(n->reader, FRAME));
		KUNIT_EXPECT_FALSE(test, reader_saw(n->reader, FRAME + 1));
		/* The pass has protected what the shadow was made from. */
		KUNIT_EXPECT_EQ(test, SOFT_VCPU_PAGE_TRANSLATION, store(n, 99));
		KUNIT_EXPECT_EQ(test, i, read_frame(n, FRAME));
	}
	KUNIT_EXPECT_EQ(test, NR, reader_diff(n->reader));
}

/* A table of the guest changes: what the shadow had of it is gone. */
static void shadow_follows_tables(struct kunit *test)
{
	struct nested *n = make(test);
	const struct rig_ops *ops = n->g->rig.ops;

	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 1));
	/* A page beside it is nobody's table. */
	ops->guest_write(&n->g->rig, 0, PAGE_TABLE + 1, 1);
	KUNIT_EXPECT_EQ(test, 0, store(n, 2));
	ops->guest_write(&n->g->rig, 0, PAGE_TABLE, 0);
	KUNIT_EXPECT_EQ(test, SOFT_VCPU_SEGMENT_TRANSLATION, store(n, 3));
	KUNIT_EXPECT_EQ(test, 2, read_frame(n, FRAME));

	/* By the VMM. */
	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 4));
	poke(test, n->g, PAGE_TABLE, pte_index(SADDR), gmap_rig_gaddr(n->g, FRAME + 2));
	KUNIT_EXPECT_EQ(test, SOFT_VCPU_SEGMENT_TRANSLATION, store(n, 5));
	KUNIT_EXPECT_EQ(test, 4, read_frame(n, FRAME));
	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 6));
	KUNIT_EXPECT_EQ(test, 4, read_frame(n, FRAME));
	KUNIT_EXPECT_EQ(test, 6, read_frame(n, FRAME + 2));

	/* The top table: the shadow as a whole. */
	ops->guest_write(&n->g->rig, 0, SEGMENT_TABLE, 0);
	KUNIT_EXPECT_FALSE(test, gmap_shadow_valid(n->sg, asce_of_guest(n->g), 0));
}

/*
 * The guest's guest has a table of the guest open, as a page of its own, when that is
 * shadowed: what was made from it as a page is closed with it.
 */
static void shadow_of_open_table(struct kunit *test)
{
	struct nested *n = make(test);

	poke(test, n->g, PAGE_TABLE, pte_index(SADDR), gmap_rig_gaddr(n->g, OTHER_TABLE));
	poke(test, n->g, OTHER_TABLE, pte_index(OTHER_SADDR), gmap_rig_gaddr(n->g, FRAME));
	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 0));
	KUNIT_ASSERT_EQ(test, 0, shadow_address(n, OTHER_SADDR));
	KUNIT_EXPECT_EQ(test, 0, store_to(n, OTHER_SADDR, 1));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(n->reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(n->reader, OTHER_TABLE));

	KUNIT_EXPECT_NE(test, 0, store(n, 2));
	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 2));
	/* The table has changed. */
	KUNIT_EXPECT_NE(test, 0, store_to(n, OTHER_SADDR, 3));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(n->reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(n->reader, OTHER_TABLE));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(n->reader));
}

static int keep_shadowing(void *data)
{
	struct nested *n = data;
	u32 value = 0;

	n->g->rig.ops->enter_thread(&n->g->rig);
	while (!kthread_should_stop()) {
		int r = shadow(n);

		/* The shadow went meanwhile. */
		if (r && r != -EAGAIN) {
			n->g->failed = r;
			break;
		}
		while (!r && !store(n, ++value) && value % 32)
			;
		if (!(value % 64))
			usleep_range(50, 100);
	}
	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	n->g->rig.ops->leave_thread(&n->g->rig);
	return 0;
}

/* Passes, tables that change and tables that go, while shadows are made and used. */
static void shadow_beside_passes(struct kunit *test)
{
	struct nested *n = make(test);
	struct gmap_rig *g = n->g;
	struct task_struct *task;
	unsigned int i;

	task = kthread_run(keep_shadowing, n, "gmap-shadow");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (i = 0; i < 300; i++) {
		KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(n->reader));
		if (i % 5 == 1)
			g->rig.ops->guest_write(&g->rig, 1, PAGE_TABLE, 0);
		if (i % 7 == 2)
			g->rig.ops->guest_write(&g->rig, 1, SEGMENT_TABLE, 0);
		if (n->large && i % 11 == 3)
			gmap_rig_unlink(g, i % 2 ? FRAME : PAGE_TABLE);
		usleep_range(50, 500);
	}
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, 0, g->failed);
	KUNIT_EXPECT_GT(test, read_frame(n, FRAME), 100);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(n->reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(n->reader));
}

/* The host's entry changes: the table goes, and with it what shadows had of it. */
static void shadow_of_dropped(struct kunit *test)
{
	struct nested *n = make(test);

	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 1));
	gmap_rig_unlink(n->g, FRAME);
	KUNIT_EXPECT_EQ(test, _SEGMENT_ENTRY_EMPTY, entry(n));
	KUNIT_EXPECT_TRUE(test, gmap_shadow_valid(n->sg, asce_of_guest(n->g), 0));
	KUNIT_EXPECT_EQ(test, SOFT_VCPU_PAGE_TRANSLATION, store(n, 2));
	KUNIT_EXPECT_EQ(test, 1, read_frame(n, FRAME));
	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 3));
	gmap_rig_unlink(n->g, SEGMENT_TABLE);
	KUNIT_EXPECT_FALSE(test, gmap_shadow_valid(n->sg, asce_of_guest(n->g), 0));
	KUNIT_EXPECT_NE(test, 0, store(n, 4));
	KUNIT_EXPECT_EQ(test, 3, read_frame(n, FRAME));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(n->reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(n->reader));
}

/* The log ends: tables go, what the guest's guest has is made anew. */
static void shadow_of_merged(struct kunit *test)
{
	struct nested *n = make(test);

	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	gmap_dirtylog_remove(&n->g->range);
	KUNIT_EXPECT_NE(test, 0, store(n, 1));
	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 2));
	KUNIT_EXPECT_EQ(test, 2, read_frame(n, FRAME));
}

static unsigned int tables_left;

static struct ptdesc *few_tables(struct mm_struct *mm)
{
	return tables_left-- ? page_table_alloc_pgste(mm) : NULL;
}

/* The top table, a page table and the page are in three segments. */
static void shadow_no_memory(struct kunit *test)
{
	struct nested *n = make(test);
	unsigned int i;

	for (i = 0; i <= 3; i++) {
		tables_left = i;
		kunit_activate_static_stub(test, gmap_split_alloc, few_tables);
		KUNIT_EXPECT_EQ(test, i < 3 ? -ENOMEM : 0, shadow(n));
		kunit_deactivate_static_stub(test, gmap_split_alloc);
		gmap_rig_unlink(n->g, SEGMENT_TABLE);
		gmap_rig_unlink(n->g, PAGE_TABLE);
		gmap_rig_unlink(n->g, FRAME);
	}
	KUNIT_EXPECT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 1));
}

static struct kunit_case gmap_shadow_cases[] = {
	KUNIT_CASE_PARAM(shadow_stores, kind_gen_params),
	KUNIT_CASE_PARAM(shadow_follows_tables, kind_gen_params),
	KUNIT_CASE_PARAM(shadow_of_open_table, kind_gen_params),
	KUNIT_CASE_PARAM(shadow_beside_passes, kind_gen_params),
	KUNIT_CASE(shadow_of_dropped),
	KUNIT_CASE(shadow_of_merged),
	KUNIT_CASE(shadow_no_memory),
	{}
};

static struct kunit_suite gmap_shadow_suite = {
	.name = "gmap_shadow",
	.test_cases = gmap_shadow_cases,
};

kunit_test_suite(gmap_shadow_suite);
