/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KVM's dirty log on lib/dirtylog: a memslot that logs points to a log.
 */
#ifndef _LINUX_KVM_DIRTYLOG_H
#define _LINUX_KVM_DIRTYLOG_H

#include <linux/dirtylog.h>
#include <linux/kvm_dirty_ring.h>
#include <linux/kvm_host.h>

#ifdef CONFIG_KVM_DIRTYLOG

#include <asm/kvm_dirtylog.h>

/**
 * DOC: what an architecture supplies
 *
 * To select KVM_DIRTYLOG, an architecture calls kvm_dirtylog_arm() where it commits a
 * change of a slot that begins to log, also of one that is created or moved if its
 * entries can be there by then: without it a log is never live, and GET and CLEAR
 * return -EINVAL. And it has <asm/kvm_dirtylog.h>, with
 *
 * struct kvm_arch_dirtylog
 *	its part of a log, with a dirtylog_mapping in it. Zeroed when a log is made.
 *
 * kvm_arch_dirtylog_new_is_armed
 *	true if a slot that is created or moved has no writable entry yet, as its
 *	entries are KVM's own; false if they are the host's, and may be there.
 *
 * int kvm_arch_dirtylog_check(struct kvm \*kvm)
 *	0, or why this VM cannot have a dirty log: what GET and CLEAR return.
 *
 * void kvm_arch_dirtylog_start(struct kvm_dirtylog \*kd, const struct kvm_memory_slot \*slot)
 *	a slot with its log is in place: what kvm_dirtylog_arm() does first. May be
 *	called again. May sleep; slots_lock is held.
 *
 * void kvm_arch_dirtylog_stop(struct kvm_dirtylog \*kd)
 *	the opposite, also for a log that was never started. No mark of it runs when
 *	this returns. May sleep.
 *
 * and the function below. Nothing in it uses kvm_memory_slot.dirty_bitmap.
 */

/**
 * struct kvm_dirtylog - the dirty log of a memslot
 * @log:	its frames: gfns relative to the slot's base, so that it outlives
 *		copies and moves of the slot
 * @tracker:	what KVM_GET_DIRTY_LOG reads; not attached where a dirty ring
 *		takes its place
 * @kvm:	the VM
 * @arch:	the architecture's part, with the mapping
 * @tracked:	@tracker is used
 * @arm:	there were writable entries when logging started, which have to be armed
 * @huge_writable: logging started with everything dirty, so that huge entries
 *		may still be writable. Never reset: KVM's own notion of it can
 *		be changed by userspace at any time
 */
struct kvm_dirtylog {
	struct dirtylog log;
	struct dirtylog_tracker tracker;
	struct kvm *kvm;
	struct kvm_arch_dirtylog arch;
	bool tracked;
	bool arm;
	bool huge_writable;
};

/**
 * kvm_arch_dirtylog_mapping() - the secondary MMU of a log
 * @kd:	the log; @arm and @huge_writable are set
 *
 * Return: a mapping in @kd->arch, with its ops; the owner that they get is the
 * current memslot.
 */
struct dirtylog_mapping *kvm_arch_dirtylog_mapping(struct kvm_dirtylog *kd);

/**
 * kvm_dirtylog_prepare() - give a changed memslot its log, or none
 * @kvm:	the VM
 * @old:	the slot that is replaced, or NULL
 * @new:	the slot that replaces it, or NULL. Nobody can reach it yet
 * @change:	how
 *
 * Context: may sleep; slots_lock and slots_arch_lock are held.
 * Return: 0; -ENOMEM; -EINTR on a fatal signal.
 */
int kvm_dirtylog_prepare(struct kvm *kvm, const struct kvm_memory_slot *old,
			 struct kvm_memory_slot *new, enum kvm_mr_change change);

/**
 * kvm_dirtylog_prepared() - drop a log that kvm_dirtylog_prepare() made in vain
 * @old:	as there
 * @new:	as there
 * @r:		0 if the change goes on, else why it does not
 *
 * Context: as there.
 */
void kvm_dirtylog_prepared(const struct kvm_memory_slot *old,
			   struct kvm_memory_slot *new, int r);

/**
 * kvm_dirtylog_commit() - free the log of a slot that stopped logging
 * @old:	the slot that was replaced; SRCU readers that saw it are gone
 * @new:	the slot that replaced it
 *
 * Context: may sleep; slots_lock is held.
 */
void kvm_dirtylog_commit(struct kvm_memory_slot *old,
			 const struct kvm_memory_slot *new);

/**
 * kvm_dirtylog_free() - free a slot's log, if it has one
 * @slot:	the slot; nobody can reach it any more
 *
 * Context: may sleep.
 */
void kvm_dirtylog_free(struct kvm_memory_slot *slot);

/**
 * kvm_dirtylog_arm() - start to log, and arm the entries that exist
 * @kvm:	the VM
 * @slot:	the slot, which has a log and is in place: every fault that saw
 *		it without its log is over (synchronize_srcu())
 *
 * Context: may sleep; slots_lock is held.
 */
void kvm_dirtylog_arm(struct kvm *kvm, const struct kvm_memory_slot *slot);

/**
 * kvm_dirtylog_get() - KVM_GET_DIRTY_LOG
 * @kvm:	the VM
 * @ulog:	what userspace asks for
 *
 * Without manual protection, what it shows is taken, and armed before that. If the
 * bitmap then cannot be written, or on a fatal signal, all pages that were gone through
 * are dirty: those that were, and others.
 *
 * Context: may sleep; slots_lock is held.
 * Return: 0; -ENXIO if the VM has a dirty ring in its place; -EINVAL if there can
 * be no such slot or address space, or no log in such a VM; -ENOENT if there is no
 * such slot, or it does not log; -EFAULT if the bitmap cannot be written; -EINTR on a
 * fatal signal; what a protect op returned, where one can fail.
 */
int kvm_dirtylog_get(struct kvm *kvm, struct kvm_dirty_log *ulog);

/**
 * kvm_dirtylog_clear() - KVM_CLEAR_DIRTY_LOG
 * @kvm:	the VM
 * @ulog:	what userspace asks for
 *
 * Touches every page of the input first: on -EFAULT nothing has changed, unless
 * the input can be read then and no longer a moment later. Then some of the pages that
 * it named may have been cleared, none other.
 *
 * Context: may sleep; slots_lock is held.
 * Return: as kvm_dirtylog_get(), and -EINVAL if the first page is not a multiple of
 * 64, the range not in the slot, or its length neither a multiple of 64 nor up to
 * the slot's end; -EFAULT if the bitmap cannot be read.
 */
int kvm_dirtylog_clear(struct kvm *kvm, struct kvm_clear_dirty_log *ulog);

/**
 * kvm_dirtylog_reset() - arm frames that userspace collected from a ring
 * @kvm:	the VM
 * @slot:	the slot; nothing happens if it does not log
 * @offset:	gfn of bit 0 of @mask, relative to the slot
 * @mask:	bit n is set: arm @offset + n, unless that is beyond the slot
 *
 * The caller flushes, once for all its frames, before it drops slots_lock: another
 * reset, which finds nothing left to do, must not return before.
 *
 * Context: may sleep; slots_lock is held.
 */
void kvm_dirtylog_reset(struct kvm *kvm, struct kvm_memory_slot *slot,
			u64 offset, unsigned long mask);

/**
 * kvm_dirtylog_mark() - a gfn was written, or made writable in an SPTE or a PTE
 * @kvm:	the VM
 * @vcpu:	who writes, or NULL
 * @memslot:	the gfn's slot, which logs
 * @slot:	its id and address space
 * @rel_gfn:	the gfn, relative to the slot
 *
 * Into the vCPU's dirty ring, if there is one, and into the log's trackers. The data,
 * or the entry, comes first, unless a lock is held over entry and mark under which
 * alone protect looks at the entry (x86: make_spte()): rules 2 and 3 of
 * <linux/dirtylog.h>.
 *
 * Context: any that dirtylog_mark() allows; kvm->srcu held for read, which keeps
 * the log in place.
 */
static inline void kvm_dirtylog_mark(struct kvm *kvm, struct kvm_vcpu *vcpu,
				     const struct kvm_memory_slot *memslot,
				     u32 slot, gfn_t rel_gfn)
{
	if (kvm->dirty_ring_size && vcpu)
		kvm_dirty_ring_push(vcpu, slot, rel_gfn);
	if (memslot->dirtylog)
		dirtylog_mark(&memslot->dirtylog->log, rel_gfn);
}

#endif /* CONFIG_KVM_DIRTYLOG */
#endif /* _LINUX_KVM_DIRTYLOG_H */
