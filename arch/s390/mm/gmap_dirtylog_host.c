// SPDX-License-Identifier: GPL-2.0
/*
 * The VMM's own entries of large segments, for logs that want its stores, and for
 * shadows of guests' tables, which want to know of them.
 *
 * A guest writes through its gmap's copy of an entry, so that the host's does not
 * need to be protected for it. Where it is all the same, it has the protection bit
 * set and stays writable and dirty for the kernel, a state that nothing else makes:
 * a store faults, hugetlb finds that it may write, does not copy the page, and clears
 * the bit. gmaps are left alone both times: as the frame stays what it is, so do their
 * copies.
 */
#include <linux/dirtylog.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <asm/gmap_dirtylog.h>
#include <asm/gmap_split.h>
#include <asm/pgtable.h>

#include "pgste_debug.h"

/* The pmd lock is held. A valid entry is changed as the architecture demands. */
static void xchg_entry(struct mm_struct *mm, unsigned long segment, pmd_t *pmdp,
		       pmd_t new)
{
	preempt_disable();
	atomic_inc(&mm->context.flush_count);
	gmap_dirtylog_invalidate(segment, pmdp, IDTE_NODAT | IDTE_GUEST_ASCE,
				 mm->context.asce);
	gmap_check_change(pmd_val(*pmdp), pmd_val(new));
	set_pmd(pmdp, new);
	atomic_dec(&mm->context.flush_count);
	preempt_enable();
}

static bool is_2g(unsigned long entry)
{
	return (entry & _REGION_ENTRY_TYPE_MASK) == _REGION_ENTRY_TYPE_R3;
}

void gmap_dirtylog_host_changed(struct mm_struct *mm, unsigned long addr,
				unsigned long entry)
{
	if (!list_empty(&mm->context.dirtylogs) && !is_2g(entry) &&
	    gmap_dirtylog_lets_write(entry))
		gmap_dirtylog_mark_segment(mm, addr & PMD_MASK, true);
}

bool gmap_dirtylog_host_opens(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
			      pte_t new)
{
	pte_t old = huge_ptep_get(mm, addr, ptep);
	unsigned long entry = pte_val(*ptep);

	if (!mm->context.allow_gmap_hpage_1m || is_2g(entry) ||
	    !(pte_val(old) & _PAGE_PROTECT) || (pte_val(new) & _PAGE_PROTECT) ||
	    !pte_write(old) || !pte_dirty(old) ||
	    (pte_val(old) ^ pte_val(new)) & ~(_PAGE_PROTECT | _PAGE_SOFT_DIRTY))
		return false;

	entry &= ~_SEGMENT_ENTRY_PROTECT;
	if (pte_soft_dirty(new))
		entry |= _SEGMENT_ENTRY_SOFT_DIRTY;
	xchg_entry(mm, addr & PMD_MASK, (pmd_t *)ptep, __pmd(entry));
	gmap_dirtylog_host_changed(mm, addr, entry);
	gmap_split_host_opened(mm, addr & PMD_MASK);
	return true;
}

void gmap_dirtylog_host_protect(struct mm_struct *mm, unsigned long segment,
				pmd_t *pmdp)
{
	pmd_t entry = READ_ONCE(*pmdp);

	lockdep_assert_held(pmd_lockptr(mm, pmdp));
	if (gmap_dirtylog_lets_write(pmd_val(entry)))
		xchg_entry(mm, segment, pmdp,
			   set_pmd_bit(entry, __pgprot(_SEGMENT_ENTRY_PROTECT)));
}
