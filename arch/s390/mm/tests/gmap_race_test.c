// SPDX-License-Identifier: GPL-2.0
/*
 * Passes that come at the worst moment: in the window of a fault, and beside an
 * munmap(). Every function that sets an entry, one by one.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <kunit/static_stub.h>

#include "gmap_rig.h"
#include "reader.h"

#define NR	600UL
#define FRAME	5

/* A fault, and a harvest in a thread of its own that begins in the fault's window. */
static struct window {
	struct gmap_rig *g;
	struct reader *reader;
	struct completion in_window, harvested;
	int ret;
} window;

/* A harvest if it can be. */
static void harvest_now(void)
{
	unsigned int ms;

	if (completion_done(&window.in_window))
		return;
	complete_all(&window.in_window);
	/* It has to wait for the lock of the entry. If it need not, it gets the time. */
	for (ms = 0; ms < 100 && !completion_done(&window.harvested); ms++)
		mdelay(1);
}

/* In place of gmap_dirtylog_mark_all() and _mark_segment(). */
static void mark_and_harvest(struct mm_struct *mm, unsigned long vmaddr)
{
	dirtylog_mark(&window.g->log, (vmaddr - window.g->range.start) >> PAGE_SHIFT);
	harvest_now();
}

static void mark_segment_and_harvest(struct mm_struct *mm, unsigned long segment,
				     bool host)
{
	dirtylog_mark_range(&window.g->log,
			    (segment - window.g->range.start) >> PAGE_SHIFT,
			    _PAGE_ENTRIES);
	harvest_now();
}

static int harvest_in_window(void *unused)
{
	wait_for_completion(&window.in_window);
	window.ret = reader_harvest_all(window.reader);
	complete_all(&window.harvested);
	return 0;
}

static void harvest_in_fault(struct kunit *test, struct rig *rig,
			     void (*write)(struct gmap_rig *g, u32 value))
{
	static struct dirtylog_ops ops;
	struct task_struct *task;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	window.g = to_gmap_rig(rig);
	/* It would wait for the fault: RCU does not stand in for the lock. */
	ops = gmap_rig_mapping_ops;
	ops.sync = NULL;
	window.g->range.mapping.ops = &ops;
	init_completion(&window.in_window);
	init_completion(&window.harvested);
	write(window.g, 1);
	window.reader = reader_attach(test, &window.g->rig, 0, DIRTYLOG_START_ARM);

	task = kthread_run(harvest_in_window, NULL, "harvest");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	kunit_activate_static_stub(test, gmap_dirtylog_mark_all, mark_and_harvest);
	kunit_activate_static_stub(test, gmap_dirtylog_mark_segment,
				   mark_segment_and_harvest);
	write(window.g, 2);
	kunit_deactivate_static_stub(test, gmap_dirtylog_mark_segment);
	kunit_deactivate_static_stub(test, gmap_dirtylog_mark_all);
	KUNIT_EXPECT_TRUE(test, completion_done(&window.in_window));
	complete_all(&window.in_window);
	wait_for_completion(&window.harvested);
	KUNIT_EXPECT_EQ(test, 0, window.ret);

	write(window.g, 3);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(window.reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(window.reader));
}

static void guest_write(struct gmap_rig *g, u32 value)
{
	g->rig.ops->guest_write(&g->rig, 0, FRAME, value);
}

static void host_write(struct gmap_rig *g, u32 value)
{
	/* Even: by put_user(). */
	g->rig.ops->direct_write(&g->rig, FRAME, 2 * value);
}

static void gmap_race_guest_fault(struct kunit *test)
{
	harvest_in_fault(test, gmap_rig_create(test, 0, NR), guest_write);
}

static void gmap_race_host_fault(struct kunit *test)
{
	harvest_in_fault(test, gmap_rig_create(test, 0, NR), host_write);
}

static void gmap_race_large_fault(struct kunit *test)
{
	harvest_in_fault(test, gmap_rig_create_large(test, 0, NR), guest_write);
}

static void gmap_race_split_fault(struct kunit *test)
{
	harvest_in_fault(test, gmap_rig_create_split(test, 0, NR), guest_write);
}

static void gmap_race_large_host_fault(struct kunit *test)
{
	harvest_in_fault(test, gmap_rig_create_large_host(test, 0, NR), host_write);
}

static int stay_in_window(void *left)
{
	preempt_disable();
	complete_all(&window.in_window);
	mdelay(300);
	complete_all(left);
	preempt_enable();
	return 0;
}

/*
 * Who opens a page for somebody else, and is stopped before the mark, has preemption
 * disabled: a pass does not end before that does.
 */
static void gmap_race_window(struct kunit *test)
{
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create(test, 0, NR));
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	DECLARE_COMPLETION_ONSTACK(left);
	struct task_struct *task;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	init_completion(&window.in_window);
	task = kthread_run(stay_in_window, &left, "window");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wait_for_completion(&window.in_window);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_TRUE(test, completion_done(&left));
	wait_for_completion(&left);
}

/*
 * munmap() has taken the VMA out of the mm's tree and not zapped yet: a pass takes
 * the mark and finds no entry to protect, and the guest writes on.
 */
static void harvest_in_munmap(struct kunit *test, struct rig *rig)
{
	struct gmap_rig *g = to_gmap_rig(rig);
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);

	/* The second one splits a segment that can be. */
	guest_write(g, 1);
	guest_write(g, 1);
	gmap_rig_take_only(test, reader);
	guest_write(g, 2);
	g->rig.ops->unmap(&g->rig, FRAME, 1);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

static void gmap_race_munmap(struct kunit *test)
{
	harvest_in_munmap(test, gmap_rig_create(test, 0, NR));
}

static void gmap_race_munmap_large(struct kunit *test)
{
	harvest_in_munmap(test, gmap_rig_create_large(test, 0, NR));
}

static void gmap_race_munmap_split(struct kunit *test)
{
	harvest_in_munmap(test, gmap_rig_create_split(test, 0, NR));
}

/* The same of the VMM, and of a large page. */
static void gmap_race_munmap_host(struct kunit *test)
{
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_large_host(test, 0, NR));
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);

	host_write(g, 1);
	gmap_rig_take_only(test, reader);
	host_write(g, 2);
	g->rig.ops->unmap(&g->rig, FRAME, 1);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

/* The functions of pgtable.c that set the entry of a page. */
enum setter { SET_PTE_AT, XCHG_DIRECT, XCHG_LAZY, MODIFY_PROT };

static const enum setter setters[] = {
	SET_PTE_AT, XCHG_DIRECT, XCHG_LAZY, MODIFY_PROT,
};

static void setter_desc(const enum setter *setter, char *desc)
{
	static const char * const names[] = {
		[SET_PTE_AT]	= "ptep_set_pte_at",
		[XCHG_DIRECT]	= "ptep_xchg_direct",
		[XCHG_LAZY]	= "ptep_xchg_lazy",
		[MODIFY_PROT]	= "ptep_modify_prot_commit",
	};

	strscpy(desc, names[*setter], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(setter, setters, setter_desc);

struct set {
	enum setter setter;
	bool writable;
};

static void set_entry(struct gmap_rig *g, unsigned long frame, pte_t *ptep,
		      void *data)
{
	unsigned long addr = gmap_rig_vmaddr(g, frame);
	struct vm_area_struct *vma = vma_lookup(g->mm, addr);
	struct set *set = data;
	pte_t pte = set->writable ? pte_mkwrite_novma(pte_mkdirty(*ptep)) :
				    pte_wrprotect(*ptep);

	switch (set->setter) {
	case SET_PTE_AT:
		/* It flushes nothing: for an entry that nobody can have cached. */
		ptep_xchg_direct(g->mm, addr, ptep, __pte(_PAGE_INVALID));
		ptep_set_pte_at(g->mm, addr, ptep, pte);
		break;
	case XCHG_DIRECT:
		ptep_xchg_direct(g->mm, addr, ptep, pte);
		break;
	case XCHG_LAZY:
		ptep_xchg_lazy(g->mm, addr, ptep, pte);
		break;
	case MODIFY_PROT:
		ptep_modify_prot_commit(vma, addr, ptep,
					ptep_modify_prot_start(vma, addr, ptep),
					pte);
		break;
	}
}

/* Each marks what it makes writable, and nothing else. */
static void gmap_setter(struct kunit *test)
{
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create(test, 0, NR));
	struct set set = { .setter = *(const enum setter *)test->param_value };
	struct reader *reader;

	guest_write(g, 1);
	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	KUNIT_ASSERT_TRUE(test, gmap_rig_entry(g, FRAME, set_entry, &set));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 0, reader_nr_shown(reader));

	set.writable = true;
	KUNIT_ASSERT_TRUE(test, gmap_rig_entry(g, FRAME, set_entry, &set));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, FRAME));

	/* And what the pass has armed is marked by the fault. */
	guest_write(g, 2);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

static struct kunit_case gmap_race_cases[] = {
	KUNIT_CASE(gmap_race_guest_fault),
	KUNIT_CASE(gmap_race_host_fault),
	KUNIT_CASE(gmap_race_large_fault),
	KUNIT_CASE(gmap_race_split_fault),
	KUNIT_CASE(gmap_race_large_host_fault),
	KUNIT_CASE(gmap_race_window),
	KUNIT_CASE(gmap_race_munmap),
	KUNIT_CASE(gmap_race_munmap_large),
	KUNIT_CASE(gmap_race_munmap_split),
	KUNIT_CASE(gmap_race_munmap_host),
	KUNIT_CASE_PARAM(gmap_setter, setter_gen_params),
	{}
};

static struct kunit_suite gmap_race_suite = {
	.name = "gmap_race",
	.test_cases = gmap_race_cases,
};

kunit_test_suite(gmap_race_suite);
