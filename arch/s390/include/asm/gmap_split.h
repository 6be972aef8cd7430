/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Split segments: a gmap has a page table of its own, with PGSTEs, over a page of 1M
 * that stays large in the host, so that a log sees 4K pages.
 *
 * The entries of such a table belong to the host's pmd lock: whoever looks at one holds
 * it, and looks at the segment's entry under it.
 */
#ifndef _ASM_S390_GMAP_SPLIT_H
#define _ASM_S390_GMAP_SPLIT_H

#include <linux/mm_types.h>
#include <linux/pgtable.h>
#include <linux/spinlock.h>
#include <asm/gmap.h>

/*
 * Software bit of an entry that points to such a table. The hardware does not look at
 * it, and host page tables are linked without their software bits.
 */
#define _SEGMENT_ENTRY_GMAP_SPLIT	0x0001

/* When segments of a log are split, a parameter: see gmap_split.c. */
enum gmap_split_policy { GMAP_SPLIT_NEVER, GMAP_SPLIT_LAZY, GMAP_SPLIT_EAGER };

#if defined(CONFIG_KVM_DIRTYLOG) && defined(CONFIG_HUGETLB_PAGE)

extern unsigned int gmap_split_policy;

static inline bool gmap_entry_is_split(unsigned long entry)
{
	return !(entry & (_SEGMENT_ENTRY_INVALID | _SEGMENT_ENTRY_LARGE)) &&
	       (entry & _SEGMENT_ENTRY_GMAP_SPLIT);
}

/**
 * gmap_split_fault() - let a guest access a page of a split segment
 * @gmap:	the gmap
 * @gaddr:	guest address
 * @vmaddr:	host virtual address
 * @fault_flags: %FAULT_FLAG_WRITE or not
 *
 * Splits the segment first, if it is large, a log has it, the policy says so,
 * and there is memory for a table; else nothing changes, and it is opened as a whole.
 * The page is opened, and marked, if the host may write to it without a fault of its
 * own. Its neighbours stay as they are.
 *
 * Context: mmap_lock is held for read; may sleep.
 * Return: the guest may go on. Else the host has to fault the page in first, or the
 * segment is no split one.
 */
bool gmap_split_fault(struct gmap *gmap, unsigned long gaddr, unsigned long vmaddr,
		      unsigned int fault_flags);

/**
 * gmap_split_page() - split a segment, whether there is a log or not
 * @gmap:	the gmap
 * @gaddr:	guest address
 * @vmaddr:	host virtual address
 *
 * For a shadow gmap, which is made of pages.
 *
 * Context: mmap_lock is held for read; may sleep.
 * Return: 0, also if the segment is not large; -ENOMEM.
 */
int gmap_split_page(struct gmap *gmap, unsigned long gaddr, unsigned long vmaddr);

/**
 * gmap_split_protect_page() - protect a page of a split segment, and ask to be notified
 * @gmap:	the gmap
 * @gaddr:	guest address
 * @prot:	%PROT_NONE, %PROT_READ or %PROT_WRITE
 * @bits:	%GMAP_NOTIFY_MPROT, %GMAP_NOTIFY_SHADOW, or none
 *
 * Splits the segment first if it is large, for a shadow always, for another notifier (a
 * vCPU's prefix) as gmap_split_fault() would: one keeps its page writable, and would
 * keep a large segment so.
 *
 * Context: mmap_lock is held for read; may sleep.
 * Return: 0; -ENOENT if the segment is not split; -EAGAIN if the page has to be opened
 * first; -ENOMEM.
 */
int gmap_split_protect_page(struct gmap *gmap, unsigned long gaddr, int prot,
			    unsigned long bits);

/**
 * gmap_split_all() - split a segment in every gmap that has it
 * @mm:		the mm
 * @segment:	host virtual address of the segment
 *
 * What there is no memory for stays large. Context: mmap_lock is held for read; may
 * sleep.
 */
void gmap_split_all(struct mm_struct *mm, unsigned long segment);

/* Logging starts in a range: gmap_split_all() of its segments, if the policy is eager. */
void gmap_split_eagerly(struct mm_struct *mm, unsigned long start, unsigned long end);

/* For gmap_split_pte_lock(), which tells sparse of the lock. */
pte_t *__gmap_split_pte_lock(struct gmap *gmap, unsigned long gaddr, spinlock_t **ptl);

/**
 * gmap_split_pte_lock() - find and lock the entry of a page of a split segment
 * @gmap:	the gmap
 * @gaddr:	guest address
 * @ptl:	out: the lock
 *
 * Context: mmap_lock is held for read. pte_unmap_unlock() is the opposite.
 * Return: the entry, or NULL if the segment is not split, or not any more.
 */
static inline pte_t *gmap_split_pte_lock(struct gmap *gmap, unsigned long gaddr,
					 spinlock_t **ptl)
{
	pte_t *ptep;

	__cond_lock(RCU,
		    __cond_lock(*ptl, ptep = __gmap_split_pte_lock(gmap, gaddr, ptl)));
	return ptep;
}

/**
 * gmap_split_protect() - arm pages of a segment in every gmap that has split it
 * @mm:		the mm
 * @start:	host virtual address of the first page
 * @end:	of the end; in the same segment
 * @named:	is a page to be armed?
 * @data:	for @named
 *
 * Context: the host's pmd lock is held.
 */
void gmap_split_protect(struct mm_struct *mm, unsigned long start, unsigned long end,
			bool (*named)(const void *data, unsigned long vmaddr),
			const void *data);

/**
 * gmap_split_arm_host() - let stores of the VMM to a page be seen by shadows
 * @mm:		the mm
 * @vmaddr:	host virtual address
 *
 * Of a page that shadows are made from, as it has a table of the guest. Where it has an
 * entry of its own, the host's is protected, and a store of the host ends in
 * gmap_split_host_opened(). Other gmaps of the mm are not looked at.
 *
 * Context: the lock of the page's entry is held.
 */
void gmap_split_arm_host(struct mm_struct *mm, unsigned long vmaddr);

/**
 * gmap_split_host_opened() - the host's entry of a large page lets write again
 * @mm:		the mm
 * @segment:	host virtual address of the segment
 *
 * What shadows have of protected pages in it is taken away: tables may change.
 *
 * Context: the host's pmd lock is held.
 */
void gmap_split_host_opened(struct mm_struct *mm, unsigned long segment);

/**
 * gmap_split_drop() - take the table of a segment away
 * @gmap:	the gmap
 * @entry:	its entry, not in host_to_guest any more; empty afterwards if it was
 *		split, else nothing happens
 * @vmaddr:	host virtual address in the segment
 *
 * Calls notifiers, drops what shadows have of it, flushes, then marks what guests could
 * write, and frees the table.
 *
 * Context: guest_table_lock is held, and the host's pmd lock, or mmap_lock for write.
 */
void gmap_split_drop(struct gmap *gmap, unsigned long *entry, unsigned long vmaddr);

/**
 * gmap_split_merge() - make split segments large again that no log has any more
 * @mm:		the mm
 * @start:	host virtual address
 * @size:	bytes
 *
 * They are dropped; the next fault links them as large. Context: may sleep.
 */
void gmap_split_merge(struct mm_struct *mm, unsigned long start, unsigned long size);

/* Of a gmap that nobody uses any more: free its tables. */
void gmap_split_free(struct gmap *gmap);

/* A table, or NULL. Tests make it fail. */
struct ptdesc *gmap_split_alloc(struct mm_struct *mm);

/* In gmap.c: the notifiers of a large segment, and of a page. */
void gmap_split_notify_segment(struct gmap *gmap, unsigned long *entry);
void gmap_split_notify(struct gmap *gmap, unsigned long *entry, unsigned long vmaddr,
		       unsigned long bits);
unsigned long gmap_split_gaddr(unsigned long *entry);

#else

static inline bool gmap_entry_is_split(unsigned long entry)
{
	return false;
}

static inline bool gmap_split_fault(struct gmap *gmap, unsigned long gaddr,
				    unsigned long vmaddr, unsigned int fault_flags)
{
	return false;
}

static inline int gmap_split_page(struct gmap *gmap, unsigned long gaddr,
				  unsigned long vmaddr)
{
	return 0;
}

static inline int gmap_split_protect_page(struct gmap *gmap, unsigned long gaddr,
					  int prot, unsigned long bits)
{
	return -ENOENT;
}

static inline pte_t *gmap_split_pte_lock(struct gmap *gmap, unsigned long gaddr,
					 spinlock_t **ptl)
{
	return NULL;
}

static inline void gmap_split_arm_host(struct mm_struct *mm, unsigned long vmaddr)
{
}

static inline void gmap_split_drop(struct gmap *gmap, unsigned long *entry,
				   unsigned long vmaddr)
{
}

static inline void gmap_split_free(struct gmap *gmap)
{
}

static inline void gmap_split_eagerly(struct mm_struct *mm, unsigned long start,
				      unsigned long end)
{
}

static inline void gmap_split_merge(struct mm_struct *mm, unsigned long start,
				    unsigned long size)
{
}

#endif

#ifdef CONFIG_KVM_DIRTYLOG

/**
 * ptep_dirtylog_unshadow() - take away what shadows have of a page
 * @mm:		the mm
 * @addr:	host virtual address
 * @ptep:	the entry; nothing happens if it is invalid
 * @open:	only if it lets write; false: only if it does not
 *
 * Calls the notifiers of the page, if a shadow is one of them. Context: the page table
 * lock is held, and no lock of a shadow.
 */
void ptep_dirtylog_unshadow(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
			    bool open);

/**
 * gmap_dirtylog_close() - before ptep_force_prot() makes an entry read-only
 * @mm:		the mm
 * @vmaddr:	host virtual address
 * @ptep:	the entry
 *
 * A shadow's entry that was made from it lets write, and would stay so: a pass takes what
 * is read-only for armed. Context: as ptep_dirtylog_unshadow().
 */
static inline void gmap_dirtylog_close(struct mm_struct *mm, unsigned long vmaddr,
				       pte_t *ptep)
{
	ptep_dirtylog_unshadow(mm, vmaddr, ptep, true);
	gmap_split_arm_host(mm, vmaddr);
}

/**
 * gmap_pte_lock() - find and lock the entry of a page, whosever table it is in
 * @gmap:	the gmap
 * @entry:	its segment table entry, looked at once: it changes beside this
 * @gaddr:	guest address
 * @ptl:	out: the lock
 *
 * Context: mmap_lock is held for read. pte_unmap_unlock() is the opposite.
 * Return: the entry, or NULL if the segment has no page table.
 */
static inline pte_t *gmap_pte_lock(struct gmap *gmap, unsigned long *entry,
				   unsigned long gaddr, spinlock_t **ptl)
{
	unsigned long value = READ_ONCE(*entry);

	if (gmap_entry_is_split(value))
		return gmap_split_pte_lock(gmap, gaddr, ptl);
	if (value & (_SEGMENT_ENTRY_INVALID | _SEGMENT_ENTRY_LARGE))
		return NULL;
	/* A host's table stays, or goes: it does not become something else. */
	return pte_offset_map_lock(gmap->mm, (pmd_t *)entry, gaddr, ptl);
}

#else

static inline void gmap_dirtylog_close(struct mm_struct *mm, unsigned long vmaddr,
				       pte_t *ptep)
{
}

/* No function: with one more of them, the compiler puts others in another order. */
#define gmap_pte_lock(gmap, entry, gaddr, ptl)	\
	pte_alloc_map_lock((gmap)->mm, (pmd_t *)(entry), gaddr, ptl)

#endif
#endif /* _ASM_S390_GMAP_SPLIT_H */
