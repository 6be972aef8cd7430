// SPDX-License-Identifier: GPL-2.0
/*
 * The page tables of a VMM and its guest as a mapping of a dirty log.
 *
 * An entry of the host's page table serves both, so both are logged. A page is
 * marked where its entry becomes writable, under the page table lock, which protect
 * takes after it took the bits (rule 2). Nothing is found by looking at PGSTEs.
 *
 * Segments of 1 MiB are copied into the gmap and log in its entries: they are
 * folded as a whole.
 */
#include <linux/kvm_dirtylog.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/vmalloc.h>
#include <asm/gmap.h>
#include <asm/tlbflush.h>

#include "kvm-s390.h"

int kvm_arch_dirtylog_check(struct kvm *kvm)
{
	return kvm_is_ucontrol(kvm) ? -EINVAL : 0;
}

void kvm_arch_dirtylog_start(struct kvm_dirtylog *kd,
			     const struct kvm_memory_slot *slot)
{
	struct gmap_dirtylog *range = &kd->arch.range;

	if (range->mm)
		return;
	range->start = slot->userspace_addr;
	range->size = slot->npages << PAGE_SHIFT;
	range->log = &kd->log;
	gmap_dirtylog_add(range, kd->kvm->mm);
}

void kvm_arch_dirtylog_stop(struct kvm_dirtylog *kd)
{
	gmap_dirtylog_remove(&kd->arch.range);
}

static struct kvm_dirtylog *to_kvm_dirtylog(struct dirtylog_mapping *mapping)
{
	return container_of(mapping, struct kvm_dirtylog, mapping);
}

static struct gmap_dirtylog *to_range(struct dirtylog_mapping *mapping)
{
	return &to_kvm_dirtylog(mapping)->arch.range;
}

/*
 * A page may be opened by somebody else than who writes it then, and stops. Such a
 * window is under a page table lock, with preemption disabled, so this closes it:
 * whoever stopped the vCPUs has no other means to wait for it.
 */
static void kvm_s390_dirtylog_sync(struct dirtylog_mapping *mapping, void *owner)
{
	synchronize_rcu_expedited();
}

/* Faults and KVM's own writes to guest memory run with kvm->srcu held. */
static int kvm_s390_dirtylog_quiesce(struct dirtylog_mapping *mapping,
				     void *owner)
{
	synchronize_srcu(&to_kvm_dirtylog(mapping)->kvm->srcu);
	return 0;
}

/* Large segments can be there only if the VM may have them. */
static void kvm_s390_dirtylog_fold(struct dirtylog_mapping *mapping, void *owner,
				   unsigned long first, unsigned long nr)
{
	struct kvm_dirtylog *kd = to_kvm_dirtylog(mapping);
	struct kvm_memory_slot *slot = owner;
	struct mm_struct *mm = kd->kvm->mm;
	unsigned long segment = round_down(first, _PAGE_ENTRIES);

	if (!mm->context.allow_gmap_hpage_1m)
		return;

	/* Slots begin and end with a segment. */
	for (; segment < first + nr; segment += _PAGE_ENTRIES) {
		bool dirty;

		mmap_read_lock(mm);
		dirty = gmap_dirtylog_fold(kd->kvm->arch.gmap,
					   gfn_to_gpa(slot->base_gfn + segment));
		mmap_read_unlock(mm);
		if (dirty)
			dirtylog_mark_range(&kd->log, segment, _PAGE_ENTRIES);
		if (fatal_signal_pending(current))
			return;
		cond_resched();
	}
}

static void kvm_s390_dirtylog_lock(struct dirtylog_mapping *mapping, void *owner)
{
	mmap_read_lock(to_range(mapping)->mm);
}

static void kvm_s390_dirtylog_unlock(struct dirtylog_mapping *mapping,
				     void *owner)
{
	mmap_read_unlock(to_range(mapping)->mm);
}

static bool kvm_s390_dirtylog_contended(struct dirtylog_mapping *mapping,
					void *owner)
{
	return mmap_lock_is_contended(to_range(mapping)->mm);
}

static int kvm_s390_dirtylog_protect(struct dirtylog_mapping *mapping,
				     void *owner,
				     const struct dirtylog_batch *batch)
{
	gmap_dirtylog_protect(to_range(mapping), batch);
	return 0;
}

/*
 * IPTE flushes what protect changes. What it finds read-only or invalid may still
 * be in a TLB of the only CPU that runs this mm, until somebody flushes lazily
 * (rule 6).
 */
static void kvm_s390_dirtylog_flush(struct dirtylog_mapping *mapping, void *owner)
{
	__tlb_flush_mm_lazy(to_range(mapping)->mm);
}

/* In pieces, each as much as a pass does under one lock. */
static int kvm_s390_dirtylog_arm(struct dirtylog_mapping *mapping, void *owner)
{
	const struct gmap_dirtylog *all = to_range(mapping);
	const unsigned long step = (unsigned long)DIRTYLOG_CHUNK_PAGES << PAGE_SHIFT;
	struct gmap_dirtylog range = *all;

	kvm_s390_dirtylog_fold(mapping, owner, 0, all->size >> PAGE_SHIFT);
	for (; range.start < all->start + all->size; range.start += step) {
		range.size = min(step, all->start + all->size - range.start);
		mmap_read_lock(all->mm);
		gmap_dirtylog_protect(&range, NULL);
		mmap_read_unlock(all->mm);
		cond_resched();
	}
	return 0;
}

static const struct dirtylog_ops ops = {
	.sync		= kvm_s390_dirtylog_sync,
	.fold		= kvm_s390_dirtylog_fold,
	.quiesce	= kvm_s390_dirtylog_quiesce,
	.lock		= kvm_s390_dirtylog_lock,
	.unlock		= kvm_s390_dirtylog_unlock,
	.contended	= kvm_s390_dirtylog_contended,
	.protect	= kvm_s390_dirtylog_protect,
	.flush		= kvm_s390_dirtylog_flush,
	.arm		= kvm_s390_dirtylog_arm,
};

const struct dirtylog_ops *kvm_arch_dirtylog_ops(const struct kvm_dirtylog *kd)
{
	return &ops;
}

/*
 * The CMMA migration bitmap of a slot. There is one from the first migration of a VM
 * with CMMA on, and in slots that are made during one. All of this runs with
 * slots_lock held; who else sets bits (ESSA) holds kvm->srcu.
 */
static unsigned long *cmma_alloc(unsigned long npages)
{
	return __vcalloc(BITS_TO_LONGS(npages), sizeof(long), GFP_KERNEL_ACCOUNT);
}

/* Migration starts: the state of every page has to be read. Return: 0 or -ENOMEM. */
int kvm_s390_cmma_start(struct kvm_memory_slot *slot)
{
	if (!slot->arch.cmma_dirty)
		slot->arch.cmma_dirty = cmma_alloc(slot->npages);
	if (!slot->arch.cmma_dirty)
		return -ENOMEM;
	bitmap_set(slot->arch.cmma_dirty, 0, slot->npages);
	return 0;
}

/* Give a changed slot its bitmap. Return: 0 or -ENOMEM. */
int kvm_s390_cmma_prepare(struct kvm *kvm, const struct kvm_memory_slot *old,
			  struct kvm_memory_slot *new, enum kvm_mr_change change)
{
	if (change == KVM_MR_DELETE || !(new->flags & KVM_MEM_LOG_DIRTY_PAGES))
		return 0;
	if (old && old->arch.cmma_dirty) {
		new->arch.cmma_dirty = old->arch.cmma_dirty;
		return 0;
	}
	if (!kvm->arch.migration_mode || !kvm->arch.use_cmma)
		return 0;
	new->arch.cmma_dirty = cmma_alloc(new->npages);
	return new->arch.cmma_dirty ? 0 : -ENOMEM;
}

/* The old slot is not freed where another one takes its place. */
void kvm_s390_cmma_commit(struct kvm_memory_slot *old,
			  const struct kvm_memory_slot *new,
			  enum kvm_mr_change change)
{
	if ((change == KVM_MR_MOVE || change == KVM_MR_FLAGS_ONLY) &&
	    !new->arch.cmma_dirty)
		kvm_arch_free_memslot(NULL, old);
}

void kvm_arch_free_memslot(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	vfree(slot->arch.cmma_dirty);
	slot->arch.cmma_dirty = NULL;
}
