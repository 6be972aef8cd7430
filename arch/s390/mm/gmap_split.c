// SPDX-License-Identifier: GPL-2.0
/*
 * Split segments of a gmap.
 *
 * A private entry is an ordinary one to the functions of pgtable.c, which protect it,
 * open it, notify and mark by host virtual address. What is special is whose lock it
 * has, the host's pmd lock, under which the page below it changes as well; and that its
 * table goes as soon as the host's entry changes.
 *
 * Locks, from the outside in: mmap_lock; the host's pmd lock; the PGSTE lock of an entry;
 * the gmap's guest_table_lock, for a look at the segment's entry.
 */
#include <linux/hugetlb.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/moduleparam.h>
#include <linux/radix-tree.h>
#include <linux/rculist.h>
#include <kunit/static_stub.h>
#include <asm/gmap_dirtylog.h>
#include <asm/gmap_split.h>
#include <asm/pgalloc.h>

#include "pgste_debug.h"

/* That are merged without a break. */
#define SEGMENTS_AT_ONCE	64UL

unsigned int gmap_split_policy = GMAP_SPLIT_LAZY;
module_param_named(policy, gmap_split_policy, uint, 0644);
MODULE_PARM_DESC(policy, "large segments with a dirty log: 0: stay, 1: are split when they are written, 2: when logging starts");

static pte_t *table_of(unsigned long entry)
{
	return __va(entry & _SEGMENT_ENTRY_ORIGIN);
}

static bool lets_write(pte_t entry)
{
	return !(pte_val(entry) & (_PAGE_INVALID | _PAGE_PROTECT));
}

/* One that is open was marked as a whole when it was opened, and so are its pages. */
static bool can_split(unsigned long entry)
{
	return (entry & _SEGMENT_ENTRY_LARGE) && !(entry & _SEGMENT_ENTRY_INVALID);
}

/* guest_table_lock is held. */
static unsigned long *find(struct gmap *gmap, unsigned long vmaddr)
{
	return radix_tree_lookup(&gmap->host_to_guest, vmaddr >> PMD_SHIFT);
}

/* A gmap finds one of the guest's segments for one of the host's: is it this one? */
static unsigned long *find_guest(struct gmap *gmap, unsigned long gaddr,
				 unsigned long vmaddr)
{
	unsigned long *entry = find(gmap, vmaddr);

	return entry && gmap_split_gaddr(entry) == (gaddr & PMD_MASK) ? entry : NULL;
}

static unsigned long value_of(const unsigned long *entry)
{
	return entry ? *entry : _SEGMENT_ENTRY_EMPTY;
}

static unsigned long look(struct gmap *gmap, unsigned long gaddr,
			  unsigned long vmaddr)
{
	unsigned long value;

	spin_lock(&gmap->guest_table_lock);
	value = value_of(find_guest(gmap, gaddr, vmaddr));
	spin_unlock(&gmap->guest_table_lock);
	return value;
}

/* The same, of whatever segment of the guest it is. */
static unsigned long look_host(struct gmap *gmap, unsigned long vmaddr)
{
	unsigned long value;

	spin_lock(&gmap->guest_table_lock);
	value = value_of(find(gmap, vmaddr));
	spin_unlock(&gmap->guest_table_lock);
	return value;
}

/*
 * The host's entry of a large page, or NULL. A VMA that is in the mm's tree keeps page
 * tables in place for whoever holds mmap_lock.
 */
static pmd_t *host_pmd(struct mm_struct *mm, unsigned long vmaddr)
{
	struct vm_area_struct *vma = vma_lookup(mm, vmaddr);

	if (!vma || !is_vm_hugetlb_page(vma) ||
	    huge_page_size(hstate_vma(vma)) != PMD_SIZE)
		return NULL;
	return (pmd_t *)hugetlb_walk(vma, vmaddr & PMD_MASK, PMD_SIZE);
}

/* A store of the host would neither fault on it nor leave it clean. */
static bool host_may_write(pmd_t host)
{
	const unsigned long dirty = _SEGMENT_ENTRY_WRITE | _SEGMENT_ENTRY_DIRTY;

	return pmd_leaf(host) && !(pmd_val(host) & _SEGMENT_ENTRY_INVALID) &&
	       (pmd_val(host) & dirty) == dirty;
}

static void flush_entry(struct gmap *gmap, unsigned long *entry)
{
	gmap_dirtylog_invalidate(gmap_split_gaddr(entry), (pmd_t *)entry,
				 IDTE_GUEST_ASCE, gmap->asce);
}

/* The host's pmd lock and guest_table_lock are held. */
static void split(struct gmap *gmap, unsigned long *entry, struct ptdesc *table)
{
	unsigned long bits = _PAGE_PRESENT | _PAGE_YOUNG | _PAGE_DIRTY | _PAGE_READ |
			     _PAGE_WRITE;
	unsigned long frame = *entry & _SEGMENT_ENTRY_ORIGIN_LARGE;
	pte_t *ptep = ptdesc_to_virt(table);
	unsigned int i;

	/* Rule 8: each page has the protection that the segment had. */
	if (*entry & _SEGMENT_ENTRY_PROTECT)
		bits |= _PAGE_PROTECT;
	if (*entry & _SEGMENT_ENTRY_NOEXEC)
		bits |= _PAGE_NOEXEC;
	for (i = 0; i < _PAGE_ENTRIES; i++)
		set_pte(ptep + i, __pte(frame + i * PAGE_SIZE + bits));
	list_add(&table->pt_list, &gmap->pt_list);
	/*
	 * Notifiers of the segment are called, and asked for anew by page: the bits that
	 * an entry of a large page has for them are part of a table's address.
	 */
	gmap_split_notify_segment(gmap, entry);
	flush_entry(gmap, entry);
	gmap_check_change(*entry, _SEGMENT_ENTRY_EMPTY);
	*entry = __pa(ptep) | _SEGMENT_ENTRY | _SEGMENT_ENTRY_GMAP_SPLIT;
}

/*
 * The host's pmd lock is held. One that becomes writable is marked under that lock,
 * which protect takes.
 */
static void open_page(struct gmap *gmap, unsigned long entry, unsigned long vmaddr,
		      bool write)
{
	pte_t *ptep = table_of(entry) + pte_index(vmaddr);
	unsigned long shut = _PAGE_INVALID | (write ? _PAGE_PROTECT : 0);

	if (pte_val(*ptep) & shut)
		ptep_xchg_direct(gmap->mm, vmaddr & PAGE_MASK, ptep,
				 clear_pte_bit(*ptep, __pgprot(shut)));
}

struct ptdesc *gmap_split_alloc(struct mm_struct *mm)
{
	KUNIT_STATIC_STUB_REDIRECT(gmap_split_alloc, mm);

	return page_table_alloc_pgste(mm);
}

/*
 * The host's pmd lock and guest_table_lock are held. Return: what the entry is then.
 * The table is NULL once it is in use.
 */
static unsigned long split_large(struct gmap *gmap, unsigned long *entry,
				 struct ptdesc **table)
{
	if (entry && *table && can_split(*entry)) {
		split(gmap, entry, *table);
		*table = NULL;
	}
	return value_of(entry);
}

/*
 * Split a segment with @table, if there is one and it can be; then let the guest at a
 * page, unless @flags is NULL. Return: it is split, and the guest can go on.
 */
static bool split_and_open(struct gmap *gmap, unsigned long gaddr,
			   unsigned long vmaddr, struct ptdesc *table,
			   const unsigned int *flags)
{
	struct mm_struct *mm = gmap->mm;
	pmd_t *pmdp = host_pmd(mm, vmaddr);
	unsigned long value;
	bool write, done = false;
	spinlock_t *ptl;	/* the host's pmd lock */

	if (pmdp) {
		ptl = pmd_lock(mm, pmdp);
		spin_lock(&gmap->guest_table_lock);
		value = split_large(gmap, find_guest(gmap, gaddr, vmaddr), &table);
		spin_unlock(&gmap->guest_table_lock);
		if (gmap_entry_is_split(value) && flags) {
			write = *flags & FAULT_FLAG_WRITE;
			done = !write || host_may_write(READ_ONCE(*pmdp));
			if (done)
				open_page(gmap, value, vmaddr, write);
		}
		spin_unlock(ptl);
	}
	if (table)
		page_table_free_pgste(table);
	return done;
}

/* A table, if a log wants the segment to be split and it can be, and there is memory. */
static struct ptdesc *table_for_log(struct gmap *gmap, unsigned long gaddr,
				    unsigned long vmaddr)
{
	/* Without ESOP each fault is one that writes, and each page would be open. */
	if (READ_ONCE(gmap_split_policy) == GMAP_SPLIT_NEVER || !MACHINE_HAS_ESOP ||
	    !can_split(look(gmap, gaddr, vmaddr)) ||
	    !gmap_dirtylog_covers(gmap->mm, vmaddr & PMD_MASK))
		return NULL;
	return gmap_split_alloc(gmap->mm);
}

bool gmap_split_fault(struct gmap *gmap, unsigned long gaddr, unsigned long vmaddr,
		      unsigned int fault_flags)
{
	struct ptdesc *table = NULL;

	if (!gmap->mm->context.allow_gmap_hpage_1m)
		return false;
	if (fault_flags & FAULT_FLAG_WRITE)
		table = table_for_log(gmap, gaddr, vmaddr);
	return split_and_open(gmap, gaddr, vmaddr, table, &fault_flags);
}

int gmap_split_page(struct gmap *gmap, unsigned long gaddr, unsigned long vmaddr)
{
	struct ptdesc *table;

	if (!gmap->mm->context.allow_gmap_hpage_1m ||
	    !can_split(look(gmap, gaddr, vmaddr)))
		return 0;
	table = gmap_split_alloc(gmap->mm);
	if (!table)
		return -ENOMEM;
	split_and_open(gmap, gaddr, vmaddr, table, NULL);
	return 0;
}

int gmap_split_protect_page(struct gmap *gmap, unsigned long gaddr, int prot,
			    unsigned long bits)
{
	unsigned long vmaddr, pgste = 0;
	struct ptdesc *table;
	spinlock_t *ptl;	/* the host's pmd lock */
	pte_t *ptep;
	int rc;

	if (!gmap->mm->context.allow_gmap_hpage_1m)
		return -ENOENT;
	vmaddr = __gmap_translate(gmap, gaddr);
	if (IS_ERR_VALUE(vmaddr))
		return -ENOENT;
	if (bits & GMAP_NOTIFY_SHADOW) {
		rc = gmap_split_page(gmap, gaddr, vmaddr);
		if (rc)
			return rc;
		pgste |= PGSTE_VSIE_BIT;
	}
	if (bits & GMAP_NOTIFY_MPROT) {
		table = table_for_log(gmap, gaddr, vmaddr);
		if (table)
			split_and_open(gmap, gaddr, vmaddr, table, NULL);
		pgste |= PGSTE_IN_BIT;
	}

	ptep = gmap_split_pte_lock(gmap, gaddr, &ptl);
	if (!ptep)
		return -ENOENT;
	if (prot != PROT_WRITE)
		gmap_dirtylog_close(gmap->mm, vmaddr, ptep);
	rc = ptep_force_prot(gmap->mm, vmaddr, ptep, prot, pgste);
	pte_unmap_unlock(ptep, ptl);
	return rc;
}

/*
 * mmap_lock is held for read. Do something to the entry of a segment in each gmap that
 * has it, under the host's pmd lock and guest_table_lock, until it says that it is done.
 */
static void in_each_gmap(struct mm_struct *mm, unsigned long segment,
			 bool (*act)(struct gmap *gmap, unsigned long *entry,
				     void *data), void *data)
{
	pmd_t *pmdp = host_pmd(mm, segment);
	unsigned long *entry;
	struct gmap *gmap;
	spinlock_t *ptl;	/* the host's pmd lock */
	bool done = false;

	if (!pmdp)
		return;
	ptl = pmd_lock(mm, pmdp);
	rcu_read_lock();
	list_for_each_entry_rcu(gmap, &mm->context.gmap_list, list) {
		spin_lock(&gmap->guest_table_lock);
		entry = find(gmap, segment);
		done = entry && act(gmap, entry, data);
		spin_unlock(&gmap->guest_table_lock);
		if (done)
			break;
	}
	rcu_read_unlock();
	spin_unlock(ptl);
}

static bool split_one(struct gmap *gmap, unsigned long *entry, void *table)
{
	split_large(gmap, entry, table);
	return !*(struct ptdesc **)table;
}

void gmap_split_all(struct mm_struct *mm, unsigned long segment)
{
	struct ptdesc *table;

	if (!mm->context.allow_gmap_hpage_1m)
		return;
	/* One gmap with each table. */
	do {
		table = gmap_split_alloc(mm);
		if (!table)
			return;
		in_each_gmap(mm, segment, split_one, &table);
		cond_resched();
	} while (!table);
	page_table_free_pgste(table);
}

void gmap_split_eagerly(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	unsigned long segment;

	if (READ_ONCE(gmap_split_policy) != GMAP_SPLIT_EAGER || !MACHINE_HAS_ESOP)
		return;
	for (segment = start & PMD_MASK; segment < end; segment += PMD_SIZE) {
		/* Pages inherit that: one IDTE, and not an IPTE for each of them. */
		gmap_dirtylog_protect_segment(mm, segment);
		gmap_split_all(mm, segment);
	}
}

pte_t *__gmap_split_pte_lock(struct gmap *gmap, unsigned long gaddr,
			     spinlock_t **ptl)
{
	unsigned long vmaddr = __gmap_translate(gmap, gaddr);
	unsigned long value;
	pmd_t *pmdp;

	if (IS_ERR_VALUE(vmaddr))
		return NULL;
	pmdp = host_pmd(gmap->mm, vmaddr);
	if (!pmdp)
		return NULL;
	*ptl = pmd_lock(gmap->mm, pmdp);
	value = look(gmap, gaddr, vmaddr);
	if (!gmap_entry_is_split(value)) {
		spin_unlock(*ptl);
		return NULL;
	}
	/* As pte_offset_map() does: pte_unmap() ends it. */
	rcu_read_lock();
	/* For sparse: gmap_split_pte_lock() tells it that they are held. */
	__release(RCU);
	__release(*ptl);
	return table_of(value) + pte_index(vmaddr);
}

void gmap_split_protect(struct mm_struct *mm, unsigned long start, unsigned long end,
			bool (*named)(const void *data, unsigned long vmaddr),
			const void *data)
{
	unsigned long entry, addr;
	struct gmap *gmap;

	rcu_read_lock();
	list_for_each_entry_rcu(gmap, &mm->context.gmap_list, list) {
		entry = look_host(gmap, start);
		if (!gmap_entry_is_split(entry))
			continue;
		for (addr = start; addr < end; addr += PAGE_SIZE) {
			if (named(data, addr))
				ptep_dirtylog_protect(mm, addr, table_of(entry) +
								pte_index(addr));
		}
	}
	rcu_read_unlock();
}

void gmap_split_arm_host(struct mm_struct *mm, unsigned long vmaddr)
{
	pmd_t *pmdp = host_pmd(mm, vmaddr);

	if (pmdp)
		gmap_dirtylog_host_protect(mm, vmaddr & PMD_MASK, pmdp);
}

void gmap_split_host_opened(struct mm_struct *mm, unsigned long segment)
{
	unsigned long entry, i;
	struct gmap *gmap;

	rcu_read_lock();
	list_for_each_entry_rcu(gmap, &mm->context.gmap_list, list) {
		entry = look_host(gmap, segment);
		if (!gmap_entry_is_split(entry))
			continue;
		for (i = 0; i < _PAGE_ENTRIES; i++)
			ptep_dirtylog_unshadow(mm, segment + i * PAGE_SIZE,
					       table_of(entry) + i, false);
	}
	rcu_read_unlock();
}

void gmap_split_drop(struct gmap *gmap, unsigned long *entry, unsigned long vmaddr)
{
	struct ptdesc *table;
	unsigned long bits;
	unsigned int i;
	pte_t *ptep;

	if (!gmap_entry_is_split(*entry))
		return;
	vmaddr &= PMD_MASK;
	ptep = table_of(*entry);
	table = virt_to_ptdesc(ptep);

	/*
	 * While the entry is valid: a vCPU must have left SIE before its prefix goes, and
	 * what is in a shadow must have gone before what it was made from.
	 */
	for (i = 0; i < _PAGE_ENTRIES; i++) {
		bits = pte_val(ptep[PTRS_PER_PTE + i]) & (PGSTE_IN_BIT | PGSTE_VSIE_BIT);
		if (bits)
			gmap_split_notify(gmap, entry, vmaddr + i * PAGE_SIZE, bits);
	}
	flush_entry(gmap, entry);
	gmap_check_change(*entry, _SEGMENT_ENTRY_EMPTY);
	*entry = _SEGMENT_ENTRY_EMPTY;

	/*
	 * A pass may have taken the mark of a page and not found its entry, as munmap()
	 * takes the VMA away first. What was written up to the flush is marked after it.
	 */
	for (i = 0; i < _PAGE_ENTRIES; i++) {
		if (lets_write(ptep[i]))
			gmap_dirtylog_mark(gmap->mm, vmaddr + i * PAGE_SIZE);
	}
	list_del(&table->pt_list);
	page_table_free_pgste(table);
}

/* Is any segment of any gmap split? One that is just becoming split stays so. */
static bool any_split(struct mm_struct *mm)
{
	struct gmap *gmap;
	bool any = false;

	rcu_read_lock();
	list_for_each_entry_rcu(gmap, &mm->context.gmap_list, list)
		any |= !list_empty(&gmap->pt_list);
	rcu_read_unlock();
	return any;
}

static bool merge_one(struct gmap *gmap, unsigned long *entry, void *vmaddr)
{
	unsigned long segment = *(unsigned long *)vmaddr;

	if (gmap_entry_is_split(*entry)) {
		radix_tree_delete(&gmap->host_to_guest, segment >> PMD_SHIFT);
		gmap_split_drop(gmap, entry, segment);
	}
	return false;
}

void gmap_split_merge(struct mm_struct *mm, unsigned long start, unsigned long size)
{
	const unsigned long end = start + size;
	unsigned long segment, stop;

	if (!mm->context.allow_gmap_hpage_1m || !any_split(mm))
		return;
	for (segment = start & PMD_MASK; segment < end;) {
		stop = min(segment + SEGMENTS_AT_ONCE * PMD_SIZE, end);
		mmap_read_lock(mm);
		for (; segment < stop; segment += PMD_SIZE) {
			if (!gmap_dirtylog_covers(mm, segment))
				in_each_gmap(mm, segment, merge_one, &segment);
		}
		mmap_read_unlock(mm);
		cond_resched();
	}
}

void gmap_split_free(struct gmap *gmap)
{
	struct ptdesc *table, *next;

	list_for_each_entry_safe(table, next, &gmap->pt_list, pt_list)
		page_table_free_pgste(table);
}
