// SPDX-License-Identifier: GPL-2.0
/*
 * A VM's memslots as mappings of their dirty logs: what gmap_dirtylog.c cannot know.
 */
#include <linux/kvm_dirtylog.h>
#include <linux/kvm_host.h>
#include <linux/vmalloc.h>

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
	range->host = kd->kvm->arch.log_host;
	gmap_dirtylog_add(range, kd->kvm->mm);
}

void kvm_arch_dirtylog_stop(struct kvm_dirtylog *kd)
{
	gmap_dirtylog_remove(&kd->arch.range);
}

static struct kvm_dirtylog *to_kvm_dirtylog(struct dirtylog_mapping *mapping)
{
	return container_of(mapping, struct kvm_dirtylog, arch.range.mapping);
}

/* Faults and KVM's own writes to guest memory run with kvm->srcu held. */
static int kvm_s390_dirtylog_quiesce(struct dirtylog_mapping *mapping,
				     void *owner)
{
	synchronize_srcu(&to_kvm_dirtylog(mapping)->kvm->srcu);
	return 0;
}

static const struct dirtylog_ops ops = {
	GMAP_DIRTYLOG_OPS,
	.quiesce	= kvm_s390_dirtylog_quiesce,
};

struct dirtylog_mapping *kvm_arch_dirtylog_mapping(struct kvm_dirtylog *kd)
{
	kd->arch.range.mapping.ops = &ops;
	return &kd->arch.range.mapping;
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
