// SPDX-License-Identifier: GPL-2.0
/*
 * Shadows of a guest whose memory is of 1M pages: a guest's guest by pages of 4K.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <kunit/static_stub.h>
#include <asm/gmap.h>
#include <asm/gmap_split.h>

#include "gmap_rig.h"
#include "reader.h"
#include "soft_vcpu.h"

#define NR		600UL
/* Frames of the guest: its tables, and what they map. */
#define SEGMENT_TABLE	0
#define PAGE_TABLE	4
#define FRAME		265
/* The address that its guest uses. */
#define SADDR		(HPAGE_SIZE + 7 * PAGE_SIZE)

struct nested {
	struct gmap_rig *g;
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

/* Shadow tables, as KVM does for a fault of the guest's guest. */
static int shadow(struct nested *n)
{
	struct gmap *gmap = n->g->gmaps[0];
	unsigned long segment, pte;
	int r;

	if (n->sg) {
		gmap_put(n->sg);
		n->sg = NULL;
	}
	n->sg = gmap_shadow(gmap, asce_of_guest(n->g), 0);
	if (IS_ERR(n->sg)) {
		r = PTR_ERR(n->sg);
		n->sg = NULL;
		return r;
	}

	mmap_read_lock(gmap->mm);
	r = gmap_read_table(gmap, gmap_rig_gaddr(n->g, SEGMENT_TABLE) +
				  (SADDR >> PMD_SHIFT) * sizeof(long), &segment);
	if (!r)
		r = gmap_shadow_pgt(n->sg, SADDR, segment, 0);
	if (!r)
		r = gmap_read_table(gmap, gmap_rig_gaddr(n->g, PAGE_TABLE) +
					  pte_index(SADDR) * sizeof(long), &pte);
	if (!r)
		r = gmap_shadow_page(n->sg, SADDR, __pte(pte));
	mmap_read_unlock(gmap->mm);
	return r;
}

/* The guest's guest stores. Return: 0, or what it is interrupted by. */
static unsigned int store(struct nested *n, u32 value)
{
	struct soft_vcpu_session s;
	unsigned int code;

	soft_vcpu_enter(&s, n->sg->asce);
	code = soft_vcpu_store(&s, SADDR, value);
	soft_vcpu_leave(&s);
	return code;
}

static void put_shadow(void *data)
{
	struct nested *n = data;

	if (n->sg)
		gmap_put(n->sg);
}

static struct nested *make(struct kunit *test)
{
	struct nested *n = kunit_kzalloc(test, sizeof(*n), GFP_KERNEL);
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, n);
	n->g = to_gmap_rig(gmap_rig_create_large(test, 0, NR));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_shadow, n));
	for (i = 0; i < PTRS_PER_PMD / 4; i++)
		poke(test, n->g, SEGMENT_TABLE, i, _SEGMENT_ENTRY_INVALID);
	poke(test, n->g, SEGMENT_TABLE, SADDR >> PMD_SHIFT,
	     gmap_rig_gaddr(n->g, PAGE_TABLE));
	for (i = 0; i < PTRS_PER_PTE; i++)
		poke(test, n->g, PAGE_TABLE, i, _PAGE_INVALID);
	poke(test, n->g, PAGE_TABLE, pte_index(SADDR), gmap_rig_gaddr(n->g, FRAME));
	n->reader = reader_attach(test, &n->g->rig, 0, DIRTYLOG_START_ARM);
	return n;
}

static unsigned long entry(struct nested *n)
{
	unsigned long *p = gmap_rig_segment(n->g, 0, FRAME);

	return p ? *p : _SEGMENT_ENTRY_EMPTY;
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
		KUNIT_EXPECT_TRUE(test, gmap_entry_is_split(entry(n)));
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

/* The guest changes its page table: what the shadow had of it is gone. */
static void shadow_follows_guest(struct kunit *test)
{
	struct nested *n = make(test);

	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 1));
	/* A page between them is nobody's table. */
	n->g->rig.ops->guest_write(&n->g->rig, 0, PAGE_TABLE + 1, 1);
	KUNIT_EXPECT_EQ(test, 0, store(n, 2));
	n->g->rig.ops->guest_write(&n->g->rig, 0, PAGE_TABLE, 0);
	KUNIT_EXPECT_EQ(test, SOFT_VCPU_SEGMENT_TRANSLATION, store(n, 3));
	KUNIT_EXPECT_EQ(test, 2, read_frame(n, FRAME));

	poke(test, n->g, PAGE_TABLE, pte_index(SADDR), gmap_rig_gaddr(n->g, FRAME + 2));
	KUNIT_ASSERT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 4));
	KUNIT_EXPECT_EQ(test, 2, read_frame(n, FRAME));
	KUNIT_EXPECT_EQ(test, 4, read_frame(n, FRAME + 2));

	/* The top table: the shadow as a whole. */
	n->g->rig.ops->guest_write(&n->g->rig, 0, SEGMENT_TABLE, 0);
	KUNIT_EXPECT_FALSE(test, gmap_shadow_valid(n->sg, asce_of_guest(n->g), 0));
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

static struct ptdesc *no_table(struct mm_struct *mm)
{
	return NULL;
}

static void shadow_no_memory(struct kunit *test)
{
	struct nested *n = make(test);

	kunit_activate_static_stub(test, gmap_split_alloc, no_table);
	KUNIT_EXPECT_EQ(test, -ENOMEM, shadow(n));
	kunit_deactivate_static_stub(test, gmap_split_alloc);
	KUNIT_EXPECT_EQ(test, 0, shadow(n));
	KUNIT_EXPECT_EQ(test, 0, store(n, 1));
}

static struct kunit_case gmap_shadow_cases[] = {
	KUNIT_CASE(shadow_stores),
	KUNIT_CASE(shadow_follows_guest),
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
