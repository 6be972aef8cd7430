/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What KVM's dirty log has to know of x86.
 */
#ifndef _ASM_X86_KVM_DIRTYLOG_H
#define _ASM_X86_KVM_DIRTYLOG_H

#include <linux/dirtylog.h>

struct kvm;
struct kvm_dirtylog;
struct kvm_memory_slot;

/**
 * struct kvm_arch_dirtylog - x86's part of a slot's log
 * @mapping:	the VM's MMU. Userspace's page tables are not logged: see
 *		Documentation/virt/kvm/dirtylog.rst
 */
struct kvm_arch_dirtylog {
	struct dirtylog_mapping mapping;
};

/* Entries are KVM's own: a slot that is new has none. */
#define kvm_arch_dirtylog_new_is_armed	true

static inline int kvm_arch_dirtylog_check(struct kvm *kvm)
{
	return 0;
}

static inline void kvm_arch_dirtylog_start(struct kvm_dirtylog *kd,
					   const struct kvm_memory_slot *slot)
{
}

static inline void kvm_arch_dirtylog_stop(struct kvm_dirtylog *kd)
{
}

#endif /* _ASM_X86_KVM_DIRTYLOG_H */
