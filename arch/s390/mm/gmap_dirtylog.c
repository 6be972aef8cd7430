// SPDX-License-Identifier: GPL-2.0
/*
 * The page tables of a VMM and its guests as a mapping of a dirty log.
 *
 * An entry of the host's page table serves both, so both are logged. A page is
 * marked where its entry becomes writable, under the page table lock, which protect
 * takes after it took the bits (rule 2). Nothing is found by looking at PGSTEs.
 */
#include <linux/bitmap.h>
#include <linux/dirtylog.h>
#include <linux/export.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/rculist.h>
#include <kunit/static_stub.h>
#include <asm/gmap_dirtylog.h>
#include <asm/gmap_split.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>

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
	gmap_split_merge(mm, range->start, range->size);
	range->mm = NULL;
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_remove);

/* RCU protects the list; see gmap_dirtylog_mark_all(). */
bool gmap_dirtylog_covers(struct mm_struct *mm, unsigned long segment)
{
	struct gmap_dirtylog *range;
	bool covered = false;

	rcu_read_lock();
	list_for_each_entry_rcu(range, &mm->context.dirtylogs, node) {
		if (gmap_dirtylog_overlaps(range, segment)) {
			covered = true;
			break;
		}
	}
	rcu_read_unlock();
	return covered;
}

void gmap_dirtylog_mark_segment(struct mm_struct *mm, unsigned long segment,
				bool host)
{
	struct gmap_dirtylog *range;

	KUNIT_STATIC_STUB_REDIRECT(gmap_dirtylog_mark_segment, mm, segment, host);

	/* Pairs with synchronize_rcu() in gmap_dirtylog_remove(). */
	rcu_read_lock();
	list_for_each_entry_rcu(range, &mm->context.dirtylogs, node) {
		unsigned long first = max(segment, range->start);
		unsigned long end = min(segment + PMD_SIZE,
					range->start + range->size);

		if (gmap_dirtylog_overlaps(range, segment) &&
		    (!host || range->host))
			dirtylog_mark_range(range->mapping.log,
					    (first - range->start) >> PAGE_SHIFT,
					    (end - first) >> PAGE_SHIFT);
	}
	rcu_read_unlock();
}

void gmap_dirtylog_mark_all(struct mm_struct *mm, unsigned long vmaddr)
{
	struct gmap_dirtylog *range;

	KUNIT_STATIC_STUB_REDIRECT(gmap_dirtylog_mark_all, mm, vmaddr);

	/* Pairs with synchronize_rcu() in gmap_dirtylog_remove(). */
	rcu_read_lock();
	list_for_each_entry_rcu(range, &mm->context.dirtylogs, node) {
		if (vmaddr - range->start < range->size)
			dirtylog_mark(range->mapping.log,
				      (vmaddr - range->start) >> PAGE_SHIFT);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_mark_all);

struct protect {
	const struct gmap_dirtylog *range;
	const struct dirtylog_batch *batch;
};

static bool is_named(const void *protect, unsigned long vmaddr)
{
	const struct protect *p = protect;
	unsigned long frame = (vmaddr - p->range->start) >> PAGE_SHIFT;

	return !p->batch || test_bit(frame - p->batch->first, p->batch->bits);
}

/* The page table lock is held. */
static int protect_entry(pte_t *ptep, unsigned long addr, unsigned long next,
			 struct mm_walk *walk)
{
	if (is_named(walk->private, addr))
		ptep_dirtylog_protect(walk->mm, addr, ptep);
	return 0;
}

#ifdef CONFIG_HUGETLB_PAGE
/* A large page of hugetlbfs, some of which is named: a batch walks within a segment. */
static int protect_large(pte_t *ptep, unsigned long hmask, unsigned long addr,
			 unsigned long next, struct mm_walk *walk)
{
	const struct protect *p = walk->private;
	spinlock_t *ptl;	/* the host's pmd lock */

	/* A guest has no pages of 2G. */
	if (!walk->mm->context.allow_gmap_hpage_1m || hmask != PMD_MASK)
		return 0;
	ptl = huge_pte_lock(hstate_vma(walk->vma), walk->mm, ptep);
	gmap_split_protect(walk->mm, addr, next, is_named, p);
	if (p->range->host)
		gmap_dirtylog_host_protect(walk->mm, addr & PMD_MASK, (pmd_t *)ptep);
	spin_unlock(ptl);
	return 0;
}
#endif

/* Whatever kind of mapping it is, a guest may write through it. */
static int protect_any(unsigned long addr, unsigned long end,
		       struct mm_walk *walk)
{
	return 0;
}

static const struct mm_walk_ops protect_ops = {
	.pte_entry	= protect_entry,
#ifdef CONFIG_HUGETLB_PAGE
	.hugetlb_entry	= protect_large,
#endif
	.test_walk	= protect_any,
	.walk_lock	= PGWALK_RDLOCK,
};

static void protect_all(const struct gmap_dirtylog *range, unsigned long start,
			unsigned long end)
{
	struct protect p = { .range = range };
	unsigned long segment;

	for (segment = start & PMD_MASK; segment < end; segment += PMD_SIZE)
		gmap_dirtylog_protect_segment(range->mm, segment);
	walk_page_range(range->mm, start, end, &protect_ops, &p);
}

void gmap_dirtylog_protect(const struct gmap_dirtylog *range,
			   const struct dirtylog_batch *batch)
{
	struct protect p = { .range = range, .batch = batch };
	unsigned long start, addr, bit, last, end;

	KUNIT_STATIC_STUB_REDIRECT(gmap_dirtylog_protect, range, batch);

	if (!batch) {
		protect_all(range, range->start, range->start + range->size);
		return;
	}

	/* For each segment, whether it is large in a gmap or has a page table. */
	start = range->start + (batch->first << PAGE_SHIFT);
	for (bit = find_first_bit(batch->bits, batch->nr); bit < batch->nr;
	     bit = find_next_bit(batch->bits, batch->nr, end)) {
		addr = start + (bit << PAGE_SHIFT);
		gmap_dirtylog_protect_segment(range->mm, addr & PMD_MASK);
		end = bit + ((pmd_addr_end(addr, ULONG_MAX) - addr) >> PAGE_SHIFT);
		end = min(end, batch->nr);
		for_each_set_bit_from(bit, batch->bits, end)
			last = bit;
		walk_page_range(range->mm, addr, start + ((last + 1) << PAGE_SHIFT),
				&protect_ops, &p);
	}
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_protect);

/*
 * A page may be opened by somebody else than who writes it then, and stops. Such a
 * window is under a page table lock, with preemption disabled, so this closes it:
 * whoever stopped the vCPUs has no other means to wait for it.
 */
void gmap_dirtylog_sync(struct dirtylog_mapping *mapping, void *owner)
{
	synchronize_rcu_expedited();
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_sync);

void gmap_dirtylog_lock(struct dirtylog_mapping *mapping, void *owner)
{
	mmap_read_lock(to_gmap_dirtylog(mapping)->mm);
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_lock);

void gmap_dirtylog_unlock(struct dirtylog_mapping *mapping, void *owner)
{
	mmap_read_unlock(to_gmap_dirtylog(mapping)->mm);
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_unlock);

bool gmap_dirtylog_contended(struct dirtylog_mapping *mapping, void *owner)
{
	return mmap_lock_is_contended(to_gmap_dirtylog(mapping)->mm);
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_contended);

int gmap_dirtylog_protect_batch(struct dirtylog_mapping *mapping, void *owner,
				const struct dirtylog_batch *batch)
{
	gmap_dirtylog_protect(to_gmap_dirtylog(mapping), batch);
	return 0;
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_protect_batch);

/*
 * IPTE flushes what protect changes. What it finds read-only or invalid may still
 * be in a TLB of the only CPU that runs this mm, until somebody flushes lazily
 * (rule 6).
 */
void gmap_dirtylog_flush(struct dirtylog_mapping *mapping, void *owner)
{
	__tlb_flush_mm_lazy(to_gmap_dirtylog(mapping)->mm);
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_flush);

/* In pieces, each as much as a pass does under one lock. */
int gmap_dirtylog_arm(struct dirtylog_mapping *mapping, void *owner)
{
	const unsigned long step = (unsigned long)DIRTYLOG_CHUNK_PAGES << PAGE_SHIFT;
	const struct gmap_dirtylog *range = to_gmap_dirtylog(mapping);
	const unsigned long end = range->start + range->size;
	unsigned long start;

	for (start = range->start; start < end; start += step) {
		mmap_read_lock(range->mm);
		gmap_split_eagerly(range->mm, start, min(start + step, end));
		protect_all(range, start, min(start + step, end));
		mmap_read_unlock(range->mm);
		cond_resched();
	}
	return 0;
}
EXPORT_SYMBOL_GPL(gmap_dirtylog_arm);
