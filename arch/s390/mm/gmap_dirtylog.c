// SPDX-License-Identifier: GPL-2.0
/*
 * Dirty logs of guests, in the host's page tables.
 */
#include <linux/bitmap.h>
#include <linux/dirtylog.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/rculist.h>
#include <asm/gmap_dirtylog.h>
#include <asm/pgtable.h>

void gmap_dirtylog_add(struct gmap_dirtylog *range, struct mm_struct *mm)
{
	range->mm = mm;
	spin_lock(&mm->context.lock);
	list_add_tail_rcu(&range->node, &mm->context.dirtylogs);
	spin_unlock(&mm->context.lock);
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_add);

void gmap_dirtylog_remove(struct gmap_dirtylog *range)
{
	struct mm_struct *mm = range->mm;

	if (!mm)
		return;
	spin_lock(&mm->context.lock);
	list_del_rcu(&range->node);
	spin_unlock(&mm->context.lock);
	/* Pairs with rcu_read_lock() in gmap_dirtylog_mark_all(). */
	synchronize_rcu();
	range->mm = NULL;
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_remove);

void gmap_dirtylog_mark_all(struct mm_struct *mm, unsigned long vmaddr)
{
	struct gmap_dirtylog *range;

	/* Pairs with synchronize_rcu() in gmap_dirtylog_remove(). */
	rcu_read_lock();
	list_for_each_entry_rcu(range, &mm->context.dirtylogs, node) {
		if (vmaddr - range->start < range->size)
			dirtylog_mark(range->log,
				      (vmaddr - range->start) >> PAGE_SHIFT);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_mark_all);

struct protect {
	const struct gmap_dirtylog *range;
	const struct dirtylog_batch *batch;
};

static bool is_named(const struct protect *p, unsigned long vmaddr)
{
	unsigned long frame = (vmaddr - p->range->start) >> PAGE_SHIFT;

	return !p->batch || test_bit(frame - p->batch->first, p->batch->bits);
}

/* The page table lock is held. Large segments, which are folded, do not come here. */
static int protect_entry(pte_t *ptep, unsigned long addr, unsigned long next,
			 struct mm_walk *walk)
{
	if (is_named(walk->private, addr))
		ptep_dirtylog_protect(walk->mm, addr, ptep);
	return 0;
}

/* Whatever kind of mapping it is, a guest may write through it. */
static int protect_any(unsigned long addr, unsigned long end,
		       struct mm_walk *walk)
{
	return 0;
}

static const struct mm_walk_ops protect_ops = {
	.pte_entry	= protect_entry,
	.test_walk	= protect_any,
	.walk_lock	= PGWALK_RDLOCK,
};

void gmap_dirtylog_protect(const struct gmap_dirtylog *range,
			   const struct dirtylog_batch *batch)
{
	struct protect p = { .range = range, .batch = batch };
	unsigned long start = range->start, bit, end;

	if (!batch) {
		walk_page_range(range->mm, start, start + range->size,
				&protect_ops, &p);
		return;
	}

	/* A walk for each table that has something to protect. */
	start += batch->first << PAGE_SHIFT;
	for (bit = find_first_bit(batch->bits, batch->nr); bit < batch->nr;
	     bit = find_next_bit(batch->bits, batch->nr, end)) {
		unsigned long addr = start + (bit << PAGE_SHIFT);

		end = bit + ((pmd_addr_end(addr, ULONG_MAX) - addr) >> PAGE_SHIFT);
		end = min(end, batch->nr);
		walk_page_range(range->mm, addr, start + (end << PAGE_SHIFT),
				&protect_ops, &p);
	}
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_protect);
