// SPDX-License-Identifier: GPL-2.0
/*
 * Split segments: a log of 4K pages over pages of 1M.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <kunit/static_stub.h>
#include <asm/gmap.h>
#include <asm/gmap_split.h>
#include <asm/pgalloc.h>

#include "gmap_rig.h"
#include "reader.h"
#include "soft_vcpu.h"

/* Two segments and a bit. */
#define NR	600UL
#define FRAME	5
#define SEGMENT	_PAGE_ENTRIES

static struct gmap_rig *make(struct kunit *test)
{
	return to_gmap_rig(gmap_rig_create_split_two(test, 0, NR));
}

static void guest_write(struct gmap_rig *g, unsigned int vcpu, unsigned long frame,
			u32 value)
{
	g->rig.ops->guest_write(&g->rig, vcpu, frame, value);
}

static unsigned long entry(struct gmap_rig *g, unsigned int n)
{
	return gmap_rig_segment_value(g, n, FRAME);
}

static bool page_lets_write(struct gmap_rig *g, unsigned int n, unsigned long frame)
{
	pte_t *table = __va(entry(g, n) & _SEGMENT_ENTRY_ORIGIN);
	unsigned long pte = pte_val(table[frame % SEGMENT]);

	return !(pte & (_PAGE_INVALID | _PAGE_PROTECT));
}

static struct reader *attach(struct kunit *test, struct gmap_rig *g)
{
	return reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
}

/* A store costs a page; the host's entry stays large, another gmap's whole. */
static void split_one_page(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader;
	unsigned int i;

	gmap_split_policy = GMAP_SPLIT_NEVER;
	guest_write(g, 0, FRAME, 1);
	guest_write(g, 1, FRAME, 2);
	gmap_split_policy = GMAP_SPLIT_LAZY;
	reader = attach(test, g);
	for (i = 0; i < 3; i++) {
		guest_write(g, 0, FRAME, 3 + i);
		KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
		KUNIT_EXPECT_TRUE(test, entry(g, 1) & _SEGMENT_ENTRY_LARGE);
		KUNIT_EXPECT_TRUE(test, page_lets_write(g, 0, FRAME));
		KUNIT_EXPECT_FALSE(test, page_lets_write(g, 0, FRAME - 1));
		KUNIT_EXPECT_FALSE(test, page_lets_write(g, 0, FRAME + 1));
		KUNIT_EXPECT_TRUE(test, pmd_leaf(*pmd_off(g->mm, gmap_rig_vmaddr(g, FRAME))));
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
		KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(reader));
		KUNIT_EXPECT_TRUE(test, reader_saw(reader, FRAME));
		KUNIT_EXPECT_FALSE(test, page_lets_write(g, 0, FRAME));
	}
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

/* One that is open when it is split keeps its pages open, and they are marked. */
static void split_open(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader = attach(test, g);

	gmap_split_policy = GMAP_SPLIT_NEVER;
	guest_write(g, 0, FRAME, 1);
	gmap_split_policy = GMAP_SPLIT_LAZY;
	KUNIT_ASSERT_TRUE(test, entry(g, 0) & _SEGMENT_ENTRY_LARGE);
	mmap_read_lock(g->mm);
	gmap_split_all(g->mm, gmap_rig_vmaddr(g, FRAME) & PMD_MASK);
	mmap_read_unlock(g->mm);
	KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	KUNIT_EXPECT_TRUE(test, page_lets_write(g, 0, FRAME + 1));
	guest_write(g, 0, FRAME + 1, 2);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, SEGMENT, reader_nr_shown(reader));
	KUNIT_EXPECT_FALSE(test, page_lets_write(g, 0, FRAME + 1));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

/* What takes a large segment out of a gmap when the host's entry changes. */
static const struct drop {
	const char *name;
	void (*drop)(struct mm_struct *mm, unsigned long vmaddr);
} drops[] = {
	{ "csp", gmap_pmdp_csp },
	{ "idte_local", gmap_pmdp_idte_local },
	{ "idte_global", gmap_pmdp_idte_global },
	{ "invalidate", gmap_pmdp_invalidate },
};

static void drop_desc(const struct drop *drop, char *desc)
{
	strscpy(desc, drop->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(drop, drops, drop_desc);

/* A table that goes away by itself, and its marks taken: what was written is kept. */
static void split_dropped(struct kunit *test)
{
	const struct drop *how = test->param_value;
	struct gmap_rig *g = make(test);
	struct reader *reader = attach(test, g);

	guest_write(g, 0, FRAME, 1);
	guest_write(g, 0, FRAME, 2);
	KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	gmap_rig_take_only(test, reader);
	guest_write(g, 0, FRAME, 3);
	gmap_rig_drop(g, FRAME, how->drop);
	KUNIT_EXPECT_EQ(test, _SEGMENT_ENTRY_EMPTY, entry(g, 0));
	KUNIT_EXPECT_TRUE(test, list_empty(&g->gmaps[0]->pt_list));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

/*
 * Rule 9: a page is opened only where the end of the host's entry makes the folio
 * dirty. A clean one, as a read fault makes it, becomes dirty first.
 */
static void split_host_is_dirty(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader = attach(test, g);
	spinlock_t *ptl;	/* the host's pmd lock */
	pmd_t *pmdp;

	guest_write(g, 0, FRAME, 1);
	guest_write(g, 0, FRAME, 2);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	pmdp = pmd_off(g->mm, gmap_rig_vmaddr(g, FRAME));
	ptl = pmd_lock(g->mm, pmdp);
	set_pmd(pmdp, clear_pmd_bit(*pmdp, __pgprot(_SEGMENT_ENTRY_DIRTY)));
	spin_unlock(ptl);

	guest_write(g, 0, FRAME, 3);
	pmdp = pmd_off(g->mm, gmap_rig_vmaddr(g, FRAME));
	KUNIT_EXPECT_TRUE(test, pmd_val(*pmdp) & _SEGMENT_ENTRY_DIRTY);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

/* When the log is gone, so are the tables. */
static void split_merged(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader = attach(test, g);

	guest_write(g, 0, FRAME, 1);
	guest_write(g, 0, FRAME, 2);
	KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	gmap_dirtylog_remove(&g->range);
	KUNIT_EXPECT_TRUE(test, list_empty(&g->gmaps[0]->pt_list));
	guest_write(g, 0, FRAME, 3);
	KUNIT_EXPECT_TRUE(test, entry(g, 0) & _SEGMENT_ENTRY_LARGE);
	KUNIT_EXPECT_TRUE(test, gmap_rig_lets_write(entry(g, 0)));
}

/* But not while another log has them. */
static void split_not_merged(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct gmap_dirtylog second = {
		.mapping.log	= &g->log,
		.start		= g->range.start,
		.size		= PAGE_SIZE,
	};

	guest_write(g, 0, FRAME, 1);
	guest_write(g, 0, FRAME, 2);
	KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	gmap_dirtylog_add(&second, g->mm);
	gmap_dirtylog_remove(&g->range);
	KUNIT_EXPECT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	gmap_dirtylog_remove(&second);
	KUNIT_EXPECT_FALSE(test, gmap_entry_is_split(entry(g, 0)));
}

static struct ptdesc *no_table(struct mm_struct *mm)
{
	return NULL;
}

/* Without memory for a table the segment is logged as a whole. */
static void split_no_memory(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader = attach(test, g);

	kunit_activate_static_stub(test, gmap_split_alloc, no_table);
	guest_write(g, 0, FRAME, 1);
	KUNIT_EXPECT_TRUE(test, entry(g, 0) & _SEGMENT_ENTRY_LARGE);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, SEGMENT, reader_nr_shown(reader));
	kunit_deactivate_static_stub(test, gmap_split_alloc);
	guest_write(g, 0, FRAME, 2);
	KUNIT_EXPECT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

/* A vCPU's prefix: its page is notified, not the segment, by a pass that closes it. */
static void split_notifies(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader = attach(test, g);
	unsigned long gaddr = gmap_rig_gaddr(g, FRAME);
	struct gmap_rig_notified *notified = gmap_rig_notify(test);

	KUNIT_ASSERT_EQ(test, 0, gmap_mprotect_notify(g->gmaps[0], gaddr, PAGE_SIZE,
						      PROT_WRITE));
	KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	notified->calls = 0;
	guest_write(g, 0, FRAME + 1, 1);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest(reader, FRAME + 1, NR));
	KUNIT_EXPECT_EQ(test, 0, notified->calls);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, notified->calls);
	KUNIT_EXPECT_EQ(test, gaddr, notified->start);
	KUNIT_EXPECT_EQ(test, gaddr | ~PAGE_MASK, notified->end);

	/* And by a table that goes away. */
	KUNIT_ASSERT_EQ(test, 0, gmap_mprotect_notify(g->gmaps[0], gaddr, PAGE_SIZE,
						      PROT_WRITE));
	notified->calls = 0;
	gmap_dirtylog_remove(&g->range);
	KUNIT_EXPECT_EQ(test, 1, notified->calls);
	KUNIT_EXPECT_EQ(test, gaddr, notified->start);
	KUNIT_EXPECT_EQ(test, gaddr | ~PAGE_MASK, notified->end);
}

/* What a notifier finds when it is called, without a lock of its own. */
static struct {
	unsigned long *entry;
	bool split;
} at_notify;

static void look_at_notify(struct gmap *gmap, unsigned long start, unsigned long end)
{
	at_notify.split = gmap_entry_is_split(READ_ONCE(*at_notify.entry));
}

static struct gmap_notifier looker = { .notifier_call = look_at_notify };

static void unregister_looker(void *unused)
{
	gmap_unregister_pte_notifier(&looker);
}

/* A vCPU is made to leave SIE while its prefix is still there. */
static void split_notifies_first(struct kunit *test)
{
	struct gmap_rig *g = make(test);

	guest_write(g, 0, FRAME, 1);
	guest_write(g, 0, FRAME, 1);
	KUNIT_ASSERT_EQ(test, 0, gmap_mprotect_notify(g->gmaps[0],
						      gmap_rig_gaddr(g, FRAME),
						      PAGE_SIZE, PROT_WRITE));
	at_notify.entry = gmap_rig_segment(g, 0, FRAME);
	KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(*at_notify.entry));
	at_notify.split = false;
	gmap_register_pte_notifier(&looker);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister_looker,
							   NULL));
	gmap_dirtylog_remove(&g->range);
	KUNIT_EXPECT_TRUE(test, at_notify.split);
	KUNIT_EXPECT_EQ(test, _SEGMENT_ENTRY_EMPTY, *at_notify.entry);
}

/* A gmap can have host memory once. It is told so, and not that all is well. */
static void split_alias(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	unsigned long vmaddr = gmap_rig_vmaddr(g, FRAME) & PMD_MASK;
	unsigned long alias = GMAP_RIG_GADDR / 2;
	struct gmap *gmap = g->gmaps[0];

	KUNIT_ASSERT_EQ(test, 0, gmap_map_segment(gmap, vmaddr, alias, PMD_SIZE));
	guest_write(g, 0, FRAME, 1);
	guest_write(g, 0, FRAME, 1);
	KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	KUNIT_EXPECT_NE(test, 0, gmap_fault(gmap, alias, FAULT_FLAG_WRITE));
	KUNIT_EXPECT_NE(test, 0, gmap_fault(gmap, alias, 0));
	KUNIT_EXPECT_NE(test, 0, gmap_mprotect_notify(gmap, alias, PAGE_SIZE,
						      PROT_WRITE));
	guest_write(g, 0, FRAME, 2);
	KUNIT_EXPECT_EQ(test, 0, g->failed);
}

#define MANY_TABLES	40

static struct ptdesc *tables[MANY_TABLES];
static unsigned int nr_tables;

/* With a reference more, so that it can be told whether it was freed. */
static struct ptdesc *remembered_table(struct mm_struct *mm)
{
	struct ptdesc *table = page_table_alloc_pgste(mm);

	if (table && nr_tables < MANY_TABLES) {
		get_page(ptdesc_page(table));
		tables[nr_tables++] = table;
	}
	return table;
}

/* A table goes with its guest, or with what it maps. */
static void split_no_leak(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	unsigned long vmaddr = gmap_rig_vmaddr(g, 0);
	unsigned int i, leaked = 0;
	struct gmap *gmap;

	nr_tables = 0;
	kunit_activate_static_stub(test, gmap_split_alloc, remembered_table);
	for (i = 0; i < 12; i++) {
		gmap = gmap_create(g->mm, _REGION2_SIZE - 1);
		KUNIT_ASSERT_NOT_NULL(test, gmap);
		KUNIT_ASSERT_EQ(test, 0, gmap_map_segment(gmap, vmaddr, GMAP_RIG_GADDR,
							  PMD_SIZE));
		/* Linked, then split. */
		KUNIT_EXPECT_EQ(test, 0, gmap_fault(gmap, GMAP_RIG_GADDR,
						    FAULT_FLAG_WRITE));
		KUNIT_EXPECT_EQ(test, 0, gmap_fault(gmap, GMAP_RIG_GADDR,
						    FAULT_FLAG_WRITE));
		KUNIT_EXPECT_FALSE(test, list_empty(&gmap->pt_list));
		if (i % 3 == 1)
			gmap_rig_unlink(g, 0);
		if (i % 3 == 2)
			KUNIT_EXPECT_EQ(test, 0, gmap_unmap_segment(gmap, GMAP_RIG_GADDR,
								    PMD_SIZE));
		gmap_remove(gmap);
	}
	kunit_deactivate_static_stub(test, gmap_split_alloc);
	KUNIT_EXPECT_EQ(test, 12, nr_tables);
	for (i = 0; i < nr_tables; i++) {
		struct page *page = ptdesc_page(tables[i]);

		leaked += page_ref_count(page) != 1;
		put_page(page);
	}
	KUNIT_EXPECT_EQ(test, 0, leaked);
}

/* A notifier of a large segment is told when it is split. */
static void split_notified(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	unsigned long gaddr = gmap_rig_gaddr(g, FRAME);
	struct gmap_rig_notified *notified = gmap_rig_notify(test);

	gmap_split_policy = GMAP_SPLIT_NEVER;
	KUNIT_ASSERT_EQ(test, 0, gmap_mprotect_notify(g->gmaps[0], gaddr, PAGE_SIZE,
						      PROT_WRITE));
	KUNIT_ASSERT_TRUE(test, entry(g, 0) & _SEGMENT_ENTRY_LARGE);
	gmap_split_policy = GMAP_SPLIT_LAZY;
	notified->calls = 0;
	mmap_read_lock(g->mm);
	gmap_split_all(g->mm, gmap_rig_vmaddr(g, FRAME) & PMD_MASK);
	mmap_read_unlock(g->mm);
	KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	KUNIT_EXPECT_EQ(test, 1, notified->calls);
	KUNIT_EXPECT_EQ(test, gaddr & PMD_MASK, notified->start);
	KUNIT_EXPECT_EQ(test, gaddr | ~PMD_MASK, notified->end);
}

/* Eagerly: when logging starts, and before anything is written. */
static void split_eager(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader;

	guest_write(g, 0, FRAME, 1);
	guest_write(g, 1, FRAME, 2);
	gmap_split_policy = GMAP_SPLIT_EAGER;
	reader = attach(test, g);
	KUNIT_EXPECT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	KUNIT_EXPECT_TRUE(test, gmap_entry_is_split(entry(g, 1)));
	KUNIT_EXPECT_FALSE(test, page_lets_write(g, 0, FRAME));
	guest_write(g, 1, FRAME, 3);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(reader));
}

static int keep_writing(void *data)
{
	struct gmap_rig *g = data;
	unsigned int n = 0;

	g->rig.ops->enter_thread(&g->rig);
	while (!kthread_should_stop()) {
		guest_write(g, 0, n * 7 % NR, n);
		n++;
		if (!(n % 64))
			usleep_range(50, 100);
	}
	g->rig.ops->leave_thread(&g->rig);
	return 0;
}

/* Logs begin, split, are harvested, end and merge, while a guest writes. */
static void split_merge_beside_writer(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader = reader_alloc(test, &g->rig, 0);
	unsigned int round, i, splits = 0;
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, reader);
	task = kthread_run(keep_writing, g, "gmap-split");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (round = 0; round < 50; round++) {
		KUNIT_ASSERT_EQ(test, 0, reader_start(reader, DIRTYLOG_START_ARM));
		if (round)
			gmap_dirtylog_add(&g->range, g->mm);
		KUNIT_EXPECT_EQ(test, 0, reader_arm(reader));
		for (i = 0; i < 4; i++) {
			usleep_range(1000, 2000);
			KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
		}
		splits += !list_empty(&g->gmaps[0]->pt_list);
		if (round % 10 == 9) {
			/* The end of a migration. */
			kthread_stop(task);
			KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
			KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
		}
		dirtylog_detach(&reader->tracker, g);
		gmap_dirtylog_remove(&g->range);
		if (round % 10 == 9 && round < 49) {
			KUNIT_EXPECT_TRUE(test, list_empty(&g->gmaps[0]->pt_list));
			task = kthread_run(keep_writing, g, "gmap-split");
			KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		}
	}
	KUNIT_EXPECT_GT(test, splits, 25);
	KUNIT_EXPECT_EQ(test, 0, g->failed);
}

static bool all(const void *unused, unsigned long vmaddr)
{
	return true;
}

/* In one session: what a pass has protected faults. */
static void split_flush(struct kunit *test)
{
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_split(test, 0, NR));
	struct reader *reader = attach(test, g);
	unsigned long gaddr = gmap_rig_gaddr(g, FRAME);
	struct soft_vcpu_session s;
	unsigned int first, second;
	pmd_t *pmdp;
	spinlock_t *ptl;	/* the host's pmd lock */

	guest_write(g, 0, FRAME, 1);
	guest_write(g, 0, FRAME, 2);
	KUNIT_ASSERT_TRUE(test, gmap_entry_is_split(entry(g, 0)));
	pmdp = pmd_off(g->mm, gmap_rig_vmaddr(g, FRAME));
	ptl = pmd_lock(g->mm, pmdp);
	soft_vcpu_enter(&s, g->gmaps[0]->asce);
	first = soft_vcpu_store(&s, gaddr, 3);
	gmap_split_protect(g->mm, gmap_rig_vmaddr(g, FRAME),
			   gmap_rig_vmaddr(g, FRAME + 1), all, NULL);
	second = soft_vcpu_store(&s, gaddr, 4);
	soft_vcpu_leave(&s);
	spin_unlock(ptl);
	KUNIT_EXPECT_EQ(test, 0, first);
	KUNIT_EXPECT_EQ(test, SOFT_VCPU_PROTECTION, second);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
}

static struct kunit_case gmap_split_cases[] = {
	KUNIT_CASE(split_one_page),
	KUNIT_CASE(split_open),
	KUNIT_CASE_PARAM(split_dropped, drop_gen_params),
	KUNIT_CASE(split_host_is_dirty),
	KUNIT_CASE(split_merged),
	KUNIT_CASE(split_not_merged),
	KUNIT_CASE(split_no_memory),
	KUNIT_CASE(split_notifies),
	KUNIT_CASE(split_notified),
	KUNIT_CASE(split_notifies_first),
	KUNIT_CASE(split_alias),
	KUNIT_CASE(split_no_leak),
	KUNIT_CASE(split_eager),
	KUNIT_CASE_SLOW(split_merge_beside_writer),
	KUNIT_CASE(split_flush),
	{}
};

static struct kunit_suite gmap_split_suite = {
	.name = "gmap_split",
	.test_cases = gmap_split_cases,
};

kunit_test_suite(gmap_split_suite);
