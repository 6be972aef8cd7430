// SPDX-License-Identifier: GPL-2.0
/*
 * What flushes a large segment that is protected or goes away, on machines whose IDTE
 * takes the ASCE of a guest, and on those that have none.
 */
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/uaccess.h>
#include <asm/gmap.h>
#include <asm/gmap_split.h>
#include <asm/setup.h>

#include "gmap_rig.h"
#include "reader.h"
#include "soft_tlb.h"

#define NR	256UL
#define FRAME	5

/* How an entry stops to let write. */
enum closer { PROTECT, IDTE_HERE, IDTE_EVERYWHERE, CSP };

enum machine { PLAIN, TLB_GUEST, NO_IDTE };

/* What one gmap's entry costs: an IDTE, with options, or a CSP. */
static const struct flush {
	const char *name;
	enum machine machine;
	enum closer closer;
	bool csp, local;
	unsigned long opt;
} flushes[] = {
	{ "protect",			PLAIN,		PROTECT,
	  false, false, 0 },
	{ "protect, TLB_GUEST",		TLB_GUEST,	PROTECT,
	  false, false, IDTE_GUEST_ASCE },
	{ "protect, no IDTE",		NO_IDTE,	PROTECT, true },
	{ "local",			PLAIN,		IDTE_HERE,
	  false, true, 0 },
	{ "local, TLB_GUEST",		TLB_GUEST,	IDTE_HERE,
	  false, true, IDTE_GUEST_ASCE },
	{ "global",			PLAIN,		IDTE_EVERYWHERE,
	  false, false, 0 },
	{ "global, TLB_GUEST",		TLB_GUEST,	IDTE_EVERYWHERE,
	  false, false, IDTE_GUEST_ASCE },
	{ "global, no IDTE",		NO_IDTE,	IDTE_EVERYWHERE, true },
	{ "csp, no IDTE",		NO_IDTE,	CSP, true },
};

static void flush_desc(const struct flush *flush, char *desc)
{
	strscpy(desc, flush->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(flush, flushes, flush_desc);

static void pretend(struct soft_tlb *tlb, enum machine machine)
{
	switch (machine) {
	case PLAIN:
		soft_tlb_pretend(tlb, MACHINE_FLAG_IDTE, MACHINE_FLAG_TLB_GUEST);
		break;
	case TLB_GUEST:
		soft_tlb_pretend(tlb, MACHINE_FLAG_IDTE | MACHINE_FLAG_TLB_GUEST, 0);
		break;
	case NO_IDTE:
		soft_tlb_pretend(tlb, 0, MACHINE_FLAG_IDTE | MACHINE_FLAG_TLB_GUEST);
		break;
	}
}

static void close_segment(struct mm_struct *mm, unsigned long segment,
			  enum closer closer)
{
	switch (closer) {
	case PROTECT:
		gmap_dirtylog_protect_segment(mm, segment);
		break;
	case IDTE_HERE:
		gmap_pmdp_idte_local(mm, segment);
		break;
	case IDTE_EVERYWHERE:
		gmap_pmdp_idte_global(mm, segment);
		break;
	case CSP:
		gmap_pmdp_csp(mm, segment);
		break;
	}
}

static const struct soft_tlb_op *find(const struct soft_tlb *tlb, const void *entry)
{
	unsigned int i;

	for (i = 0; i < min(tlb->nr, SOFT_TLB_MAX); i++) {
		if (tlb->ops[i].entry == entry)
			return &tlb->ops[i];
	}
	return NULL;
}

/* Each gmap's entry once, by guest address and for the guest's ASCE. */
static void tlb_of_gmaps(struct kunit *test)
{
	const struct flush *flush = test->param_value;
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_large_two(test, 0, NR));
	unsigned long segment = gmap_rig_vmaddr(g, FRAME) & PMD_MASK;
	unsigned long gaddr = gmap_rig_gaddr(g, FRAME) & PMD_MASK;
	unsigned long *entries[2];
	struct soft_tlb tlb;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		g->rig.ops->guest_write(&g->rig, i, FRAME, i);
		entries[i] = gmap_rig_segment(g, i, FRAME);
		KUNIT_ASSERT_NOT_NULL(test, entries[i]);
	}

	mmap_read_lock(g->mm);
	preempt_disable();
	pretend(&tlb, flush->machine);
	close_segment(g->mm, segment, flush->closer);
	soft_tlb_be_honest(&tlb);
	preempt_enable();
	mmap_read_unlock(g->mm);

	KUNIT_EXPECT_EQ(test, 2, tlb.nr);
	for (i = 0; i < 2; i++) {
		const struct soft_tlb_op *op = find(&tlb, entries[i]);

		KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(*entries[i]));
		KUNIT_ASSERT_NOT_NULL(test, op);
		KUNIT_EXPECT_EQ(test, flush->csp, op->csp);
		if (op->csp)
			continue;
		KUNIT_EXPECT_EQ(test, gaddr, op->addr);
		KUNIT_EXPECT_EQ(test, flush->opt, op->opt);
		KUNIT_EXPECT_EQ(test, flush->opt ? g->gmaps[i]->asce : 0, op->asce);
		KUNIT_EXPECT_EQ(test, flush->local, op->local);
	}
}

static const enum machine machines[] = { PLAIN, TLB_GUEST, NO_IDTE };

static void machine_desc(const enum machine *machine, char *desc)
{
	static const char * const names[] = {
		[PLAIN] = "plain", [TLB_GUEST] = "TLB_GUEST", [NO_IDTE] = "no IDTE",
	};

	strscpy(desc, names[*machine], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(machine, machines, machine_desc);

/* The host's entry: by host address, and for the host's ASCE. */
static void tlb_of_host(struct kunit *test)
{
	enum machine machine = *(const enum machine *)test->param_value;
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_large_host(test, 0, NR));
	unsigned long segment = gmap_rig_vmaddr(g, FRAME) & PMD_MASK;
	bool guest = machine == TLB_GUEST;
	struct soft_tlb tlb;
	spinlock_t *ptl;	/* the host's pmd lock */
	pmd_t *pmdp;

	g->rig.ops->direct_write(&g->rig, FRAME, 2);
	pmdp = pmd_off(g->mm, segment);
	ptl = pmd_lock(g->mm, pmdp);
	pretend(&tlb, machine);
	gmap_dirtylog_host_protect(g->mm, segment, pmdp);
	soft_tlb_be_honest(&tlb);
	spin_unlock(ptl);

	KUNIT_EXPECT_FALSE(test, gmap_rig_lets_write(pmd_val(*pmdp)));
	KUNIT_ASSERT_EQ(test, 1, tlb.nr);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)pmdp, tlb.ops[0].entry);
	KUNIT_EXPECT_EQ(test, machine == NO_IDTE, tlb.ops[0].csp);
	if (machine == NO_IDTE)
		return;
	KUNIT_EXPECT_EQ(test, segment, tlb.ops[0].addr);
	KUNIT_EXPECT_EQ(test, guest ? IDTE_NODAT | IDTE_GUEST_ASCE : 0, tlb.ops[0].opt);
	KUNIT_EXPECT_EQ(test, guest ? g->mm->context.asce : 0, tlb.ops[0].asce);
	KUNIT_EXPECT_FALSE(test, tlb.ops[0].local);
}

/* Instructions that flush, for one store and the pass after it. */
static unsigned int cost(struct kunit *test, struct gmap_rig *g, struct reader *reader,
			 bool guest)
{
	struct soft_tlb tlb;

	soft_tlb_record(&tlb);
	if (guest)
		g->rig.ops->guest_write(&g->rig, 0, FRAME, 1);
	else
		KUNIT_EXPECT_EQ(test, 0, put_user(2, (u32 __user *)gmap_rig_vmaddr(g, FRAME)));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	soft_tlb_stop();
	return tlb.nr;
}

/* @guest_cost, @host_cost: what a store of a guest costs, and one of the VMM. */
static void expect_cost(struct kunit *test, struct rig *rig, unsigned int guest_cost,
			unsigned int host_cost)
{
	struct gmap_rig *g = to_gmap_rig(rig);
	struct reader *reader;

	g->rig.ops->guest_write(&g->rig, 0, FRAME, 1);
	g->rig.ops->guest_write(&g->rig, 1, FRAME, 1);
	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	KUNIT_EXPECT_EQ(test, guest_cost, cost(test, g, reader, true));
	KUNIT_EXPECT_EQ(test, host_cost, cost(test, g, reader, false));
}

static void tlb_cost(struct kunit *test)
{
	expect_cost(test, gmap_rig_create_large_two(test, 0, NR), 2, 0);
}

/* To log the VMM's stores as well: one to open the host's entry, one to close it. */
static void tlb_cost_host(struct kunit *test)
{
	expect_cost(test, gmap_rig_create_large_host(test, 0, NR), 4, 2);
}

/* A split, and the end of it: each one IDTE of the gmap's entry, no page is flushed. */
static void tlb_of_split(struct kunit *test)
{
	enum machine machine = *(const enum machine *)test->param_value;
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_split(test, 0, NR));
	unsigned long segment = gmap_rig_vmaddr(g, FRAME) & PMD_MASK;
	unsigned long gaddr = gmap_rig_gaddr(g, FRAME) & PMD_MASK;
	bool guest = machine == TLB_GUEST;
	unsigned long *entry;
	struct soft_tlb tlb;
	spinlock_t *ptl;	/* the host's pmd lock */
	unsigned int i;

	gmap_split_policy = GMAP_SPLIT_NEVER;
	g->rig.ops->guest_write(&g->rig, 0, FRAME, 1);
	entry = gmap_rig_segment(g, 0, FRAME);
	KUNIT_ASSERT_NOT_NULL(test, entry);

	for (i = 0; i < 2; i++) {
		mmap_read_lock(g->mm);
		if (!i) {
			/* It allocates, and is fast enough not to lose the CPU. */
			migrate_disable();
			pretend(&tlb, machine);
			gmap_split_all(g->mm, segment);
			soft_tlb_be_honest(&tlb);
			migrate_enable();
		} else {
			ptl = pmd_lock(g->mm, pmd_off(g->mm, segment));
			spin_lock(&g->gmaps[0]->guest_table_lock);
			pretend(&tlb, machine);
			gmap_split_drop(g->gmaps[0], entry, segment);
			soft_tlb_be_honest(&tlb);
			spin_unlock(&g->gmaps[0]->guest_table_lock);
			spin_unlock(ptl);
		}
		mmap_read_unlock(g->mm);

		KUNIT_EXPECT_EQ(test, !i, gmap_entry_is_split(*entry));
		KUNIT_EXPECT_EQ(test, 0, tlb.iptes);
		KUNIT_ASSERT_EQ(test, 1, tlb.nr);
		KUNIT_EXPECT_PTR_EQ(test, (const void *)entry, tlb.ops[0].entry);
		KUNIT_EXPECT_EQ(test, machine == NO_IDTE, tlb.ops[0].csp);
		if (machine == NO_IDTE)
			continue;
		KUNIT_EXPECT_EQ(test, gaddr, tlb.ops[0].addr);
		KUNIT_EXPECT_EQ(test, guest ? IDTE_GUEST_ASCE : 0, tlb.ops[0].opt);
		KUNIT_EXPECT_EQ(test, guest ? g->gmaps[0]->asce : 0, tlb.ops[0].asce);
		KUNIT_EXPECT_FALSE(test, tlb.ops[0].local);
	}
}

/* When logging starts: one IDTE to protect what is open, one to split it, in each gmap. */
static void tlb_eager(struct kunit *test)
{
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_split_two(test, 0, NR));
	struct soft_tlb tlb;

	gmap_split_policy = GMAP_SPLIT_NEVER;
	g->rig.ops->guest_write(&g->rig, 0, FRAME, 1);
	g->rig.ops->guest_write(&g->rig, 1, FRAME, 1);
	gmap_split_policy = GMAP_SPLIT_EAGER;
	soft_tlb_record(&tlb);
	reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	soft_tlb_stop();
	KUNIT_EXPECT_TRUE(test, gmap_entry_is_split(*gmap_rig_segment(g, 0, FRAME)));
	KUNIT_EXPECT_TRUE(test, gmap_entry_is_split(*gmap_rig_segment(g, 1, FRAME)));
	KUNIT_EXPECT_EQ(test, 4, tlb.nr);
	KUNIT_EXPECT_EQ(test, 0, tlb.iptes);
}

/* A store to a page, and the pass after it: an IPTE to open it, one to close it. */
static void tlb_cost_split(struct kunit *test)
{
	struct gmap_rig *g = to_gmap_rig(gmap_rig_create_split(test, 0, NR));
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	struct soft_tlb tlb;

	g->rig.ops->guest_write(&g->rig, 0, FRAME, 1);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	soft_tlb_record(&tlb);
	g->rig.ops->guest_write(&g->rig, 0, FRAME, 1);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	soft_tlb_stop();
	KUNIT_EXPECT_EQ(test, 0, tlb.nr);
	KUNIT_EXPECT_EQ(test, 2, tlb.iptes);
}

static struct kunit_case gmap_tlb_cases[] = {
	KUNIT_CASE_PARAM(tlb_of_split, machine_gen_params),
	KUNIT_CASE(tlb_eager),
	KUNIT_CASE(tlb_cost_split),
	KUNIT_CASE_PARAM(tlb_of_gmaps, flush_gen_params),
	KUNIT_CASE_PARAM(tlb_of_host, machine_gen_params),
	KUNIT_CASE(tlb_cost),
	KUNIT_CASE(tlb_cost_host),
	{}
};

static struct kunit_suite gmap_tlb_suite = {
	.name = "gmap_tlb",
	.test_cases = gmap_tlb_cases,
};

kunit_test_suite(gmap_tlb_suite);
