/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Dirty logs of guests, as the mm sees them: by host virtual address.
 *
 * A guest's 4K page tables are the host's own, with PGSTEs. So one entry serves
 * the host and every gmap of the mm, and a page is marked where its entry becomes
 * writable, whoever made it so, also where no gmap has a link to it. Large segments
 * are copied into each gmap: there the gmap's entry is what opens.
 */
#ifndef _ASM_S390_GMAP_DIRTYLOG_H
#define _ASM_S390_GMAP_DIRTYLOG_H

#include <linux/dirtylog.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/pgtable.h>
#include <asm/gmap.h>
#include <asm/page.h>

/**
 * struct gmap_dirtylog - a range of an address space that has a dirty log
 * @mapping:	as the log sees it, with the ops of %GMAP_DIRTYLOG_OPS
 * @node:	in mm->context.dirtylogs, RCU; changed under mm->context.lock
 * @mm:		the address space, or NULL while the range is in none
 * @start:	host virtual address of frame 0
 * @size:	bytes
 * @host:	the VMM's stores to large pages are logged as well; never changes while
 *		the range is in use
 */
struct gmap_dirtylog {
	struct dirtylog_mapping mapping;
	struct list_head node;
	struct mm_struct *mm;
	unsigned long start;
	unsigned long size;
	bool host;
};

static inline struct gmap_dirtylog *to_gmap_dirtylog(struct dirtylog_mapping *mapping)
{
	return container_of(mapping, struct gmap_dirtylog, mapping);
}

#ifdef CONFIG_KVM_DIRTYLOG

/**
 * gmap_dirtylog_add() - mark what becomes writable in a range from now on
 * @range:	the range, with @start and @size set, and its mapping in a log;
 *		not in use
 * @mm:		an mm with PGSTEs, which outlives its use
 *
 * Ranges may overlap: each is marked.
 *
 * Context: any that may take a spinlock. An entry that became writable before
 * without a mark is seen by who takes its page table lock afterwards.
 */
void gmap_dirtylog_add(struct gmap_dirtylog *range, struct mm_struct *mm);

/**
 * gmap_dirtylog_remove() - the opposite
 * @range:	the range; nothing happens if it is not in use
 *
 * Context: may sleep; waits for an RCU grace period, after which no mark of the
 * range runs. Its mapping stays in the log until then.
 */
void gmap_dirtylog_remove(struct gmap_dirtylog *range);

/**
 * gmap_dirtylog_protect() - make entries read-only
 * @range:	a range in use
 * @batch:	the pages, or NULL for all; see &dirtylog_ops.protect
 *
 * An entry that is not there, or not valid, needs nothing: it can become writable
 * only where that is marked. Notifiers of protected pages are called. IPTE or IDTE
 * flushes each entry that it changes.
 *
 * Context: mmap_lock is held; may sleep.
 */
void gmap_dirtylog_protect(const struct gmap_dirtylog *range,
			   const struct dirtylog_batch *batch);

/*
 * Ops of a range's mapping, whoever owns its log, but for those that need to know
 * more: of direct writers (quiesce).
 */
void gmap_dirtylog_sync(struct dirtylog_mapping *mapping, void *owner);
void gmap_dirtylog_lock(struct dirtylog_mapping *mapping, void *owner);
void gmap_dirtylog_unlock(struct dirtylog_mapping *mapping, void *owner);
bool gmap_dirtylog_contended(struct dirtylog_mapping *mapping, void *owner);
int gmap_dirtylog_protect_batch(struct dirtylog_mapping *mapping, void *owner,
				const struct dirtylog_batch *batch);
void gmap_dirtylog_flush(struct dirtylog_mapping *mapping, void *owner);
int gmap_dirtylog_arm(struct dirtylog_mapping *mapping, void *owner);

#define GMAP_DIRTYLOG_OPS				\
	.sync		= gmap_dirtylog_sync,		\
	.lock		= gmap_dirtylog_lock,		\
	.unlock		= gmap_dirtylog_unlock,		\
	.contended	= gmap_dirtylog_contended,	\
	.protect	= gmap_dirtylog_protect_batch,	\
	.flush		= gmap_dirtylog_flush,		\
	.arm		= gmap_dirtylog_arm

/* In gmap.c, whose walk of segments it needs: the large entries, in every gmap. */
void gmap_dirtylog_protect_segment(struct mm_struct *mm, unsigned long segment);

static inline bool gmap_dirtylog_overlaps(const struct gmap_dirtylog *range,
					  unsigned long segment)
{
	return segment + PMD_SIZE > range->start &&
	       segment < range->start + range->size;
}

/* Does the entry of a segment let somebody write to a large page? */
static inline bool gmap_dirtylog_lets_write(unsigned long entry)
{
	return (entry & _SEGMENT_ENTRY_LARGE) &&
	       !(entry & (_SEGMENT_ENTRY_INVALID | _SEGMENT_ENTRY_PROTECT));
}

/* Invalidate a valid segment entry, and flush it on all CPUs, as the machine can. */
static inline void gmap_dirtylog_invalidate(unsigned long addr, pmd_t *pmdp,
					    unsigned long options, unsigned long asce)
{
	if (MACHINE_HAS_TLB_GUEST)
		__pmdp_idte(addr, pmdp, options, asce, IDTE_GLOBAL);
	else if (MACHINE_HAS_IDTE)
		__pmdp_idte(addr, pmdp, 0, 0, IDTE_GLOBAL);
	else
		__pmdp_csp(pmdp);
}

/*
 * To link a large segment once more is to open it. Where there is a log, a fault that
 * only reads (two vCPUs at once, MVPG) must not do that.
 */
static inline bool gmap_dirtylog_link_opens(struct mm_struct *mm, bool write)
{
	return write || list_empty(&mm->context.dirtylogs);
}

/**
 * gmap_dirtylog_host_changed() - an entry of the host's page tables was set, or is gone
 * @mm:		the mm
 * @addr:	host virtual address
 * @entry:	the entry; nothing happens if it is none of 1M, or lets nobody write
 *
 * For logs that have @host set. Context: the host's pmd lock is held, which
 * gmap_dirtylog_host_protect() asks for.
 */
void gmap_dirtylog_host_changed(struct mm_struct *mm, unsigned long addr,
				unsigned long entry);

/**
 * gmap_dirtylog_host_opens() - undo gmap_dirtylog_host_protect() for a store
 * @mm:		the mm
 * @addr:	host virtual address
 * @ptep:	the host's entry of a large page
 * @new:	what it is to become
 *
 * Context: the host's pmd lock is held.
 * Return: it was that, and is done. Else nothing was changed.
 */
bool gmap_dirtylog_host_opens(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
			      pte_t new);

/**
 * gmap_dirtylog_host_protect() - arm the host's entry of a large page
 * @mm:		the mm
 * @segment:	host virtual address of the segment
 * @pmdp:	the entry
 *
 * Context: the host's pmd lock is held.
 */
void gmap_dirtylog_host_protect(struct mm_struct *mm, unsigned long segment,
				pmd_t *pmdp);

/**
 * gmap_dirtylog_covers() - does a log have pages of a segment?
 * @mm:		the mm
 * @segment:	host virtual address of the segment
 *
 * Context: any but NMI.
 * Return: some log has.
 */
bool gmap_dirtylog_covers(struct mm_struct *mm, unsigned long segment);

/**
 * gmap_dirtylog_mark_segment() - mark all pages of a segment in every log
 * @mm:		the mm
 * @segment:	host virtual address of the segment
 * @host:	only in those that log the VMM's stores
 *
 * For a large entry that was made writable, or was writable and is gone.
 *
 * Context: the lock of the entry is held (the gmap's guest_table_lock, the host's pmd
 * lock), which protect takes after the bits were taken.
 */
void gmap_dirtylog_mark_segment(struct mm_struct *mm, unsigned long segment,
				bool host);

/**
 * gmap_dirtylog_mark_all() - mark a page in every log that has it
 * @mm:		the mm
 * @vmaddr:	host virtual address
 *
 * For gmap_dirtylog_mark() and gmap_dirtylog_mark_written().
 */
void gmap_dirtylog_mark_all(struct mm_struct *mm, unsigned long vmaddr);

/**
 * gmap_dirtylog_mark() - an entry was made writable
 * @mm:		the mm
 * @vmaddr:	host virtual address
 *
 * Context: the entry's page table lock is held, so that the list of ranges needs
 * no barrier: gmap_dirtylog_protect() takes that lock after gmap_dirtylog_add(). So
 * it either comes after this, and sees the entry, or this sees the range.
 */
static inline void gmap_dirtylog_mark(struct mm_struct *mm, unsigned long vmaddr)
{
	if (!list_empty(&mm->context.dirtylogs))
		gmap_dirtylog_mark_all(mm, vmaddr);
}

/**
 * gmap_dirtylog_mark_written() - a page was written, past all page tables
 * @mm:		the mm
 * @vmaddr:	host virtual address
 *
 * Context: any but NMI.
 */
static inline void gmap_dirtylog_mark_written(struct mm_struct *mm,
					      unsigned long vmaddr)
{
	/*
	 * The data before the look at the list. Pairs with the lock in
	 * gmap_dirtylog_add(): a reader that comes after that, and is not
	 * told, finds the data.
	 */
	smp_mb();
	gmap_dirtylog_mark(mm, vmaddr);
}

/**
 * gmap_dirtylog_segment() - a gmap's entry of a segment was set, or goes away
 * @mm:		the mm
 * @vmaddr:	host virtual address in the segment
 * @entry:	the entry. Nothing happens if it lets no guest write, or has a page
 *		table: that marks its pages one by one
 *
 * As gmap_dirtylog_mark() for 4K pages: see gmap_dirtylog_mark_segment().
 */
static inline void gmap_dirtylog_segment(struct mm_struct *mm, unsigned long vmaddr,
					 unsigned long entry)
{
	if (gmap_dirtylog_lets_write(entry) && !list_empty(&mm->context.dirtylogs))
		gmap_dirtylog_mark_segment(mm, vmaddr & PMD_MASK, false);
}

/*
 * What a large segment gets when it is linked. Where there is a log it is armed: the
 * first fault opens nothing, and one that writes comes again.
 */
static inline unsigned long gmap_dirtylog_link_bits(struct mm_struct *mm,
						    unsigned long vmaddr)
{
	if (!list_empty(&mm->context.dirtylogs) &&
	    gmap_dirtylog_covers(mm, vmaddr & PMD_MASK))
		return _SEGMENT_ENTRY_GMAP_UC | _SEGMENT_ENTRY_PROTECT;
	return _SEGMENT_ENTRY_GMAP_UC;
}

/*
 * Can a segment be linked to the host's entry? A huge page may go away (MADV_DONTNEED,
 * truncation) between the host's fault and the link. Linked to nothing, the segment
 * would be known as linked, and could never be linked again; like this, the guest
 * faults once more.
 */
static inline bool gmap_dirtylog_can_link(pmd_t host)
{
	return !pmd_none(host);
}

#else /* !CONFIG_KVM_DIRTYLOG */

static inline void gmap_dirtylog_segment(struct mm_struct *mm, unsigned long vmaddr,
					 unsigned long entry)
{
}

static inline unsigned long gmap_dirtylog_link_bits(struct mm_struct *mm,
						    unsigned long vmaddr)
{
	return _SEGMENT_ENTRY_GMAP_UC;
}

static inline void gmap_dirtylog_mark(struct mm_struct *mm, unsigned long vmaddr)
{
}

static inline void gmap_dirtylog_mark_written(struct mm_struct *mm,
					      unsigned long vmaddr)
{
}

static inline bool gmap_dirtylog_can_link(pmd_t host)
{
	return true;
}

static inline void gmap_dirtylog_host_changed(struct mm_struct *mm,
					      unsigned long addr,
					      unsigned long entry)
{
}

static inline bool gmap_dirtylog_host_opens(struct mm_struct *mm, unsigned long addr,
					    pte_t *ptep, pte_t new)
{
	return false;
}

#endif /* CONFIG_KVM_DIRTYLOG */

static inline void gmap_dirtylog_host_gone(struct mm_struct *mm, unsigned long addr,
					   pmd_t old)
{
	gmap_dirtylog_host_changed(mm, addr, pmd_val(old));
}

#endif /* _ASM_S390_GMAP_DIRTYLOG_H */
