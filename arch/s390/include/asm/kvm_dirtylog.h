/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What KVM's dirty log has to know of s390.
 */
#ifndef _ASM_S390_KVM_DIRTYLOG_H
#define _ASM_S390_KVM_DIRTYLOG_H

#include <asm/gmap_dirtylog.h>

struct kvm;
struct kvm_dirtylog;
struct kvm_memory_slot;

/**
 * struct kvm_arch_dirtylog - s390's part of a slot's log
 * @range:	where its frames are in the VMM's address space
 */
struct kvm_arch_dirtylog {
	struct gmap_dirtylog range;
};

/* Page tables are the host's: a slot that is new has what was there before. */
#define kvm_arch_dirtylog_new_is_armed	false

/**
 * kvm_arch_dirtylog_check() - can this VM have a dirty log?
 * @kvm:	the VM
 *
 * Return: 0; -EINVAL for a VM without memslots, whose memory userspace controls.
 */
int kvm_arch_dirtylog_check(struct kvm *kvm);

/**
 * kvm_arch_dirtylog_start() - let the mm find a log
 * @kd:		the log, with its tracker
 * @slot:	its slot, in place. Nothing happens if the mm can find the log already
 *
 * Context: may sleep; slots_lock is held.
 */
void kvm_arch_dirtylog_start(struct kvm_dirtylog *kd,
			     const struct kvm_memory_slot *slot);

/**
 * kvm_arch_dirtylog_stop() - the opposite
 * @kd:		the log, found or not. No mark of it runs when this returns
 *
 * Context: may sleep; may wait for an RCU grace period.
 */
void kvm_arch_dirtylog_stop(struct kvm_dirtylog *kd);

#endif /* _ASM_S390_KVM_DIRTYLOG_H */
