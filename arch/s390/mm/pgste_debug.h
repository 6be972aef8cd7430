/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks of guests' page tables: the lock in a PGSTE, for lockdep, and, with
 * CONFIG_DEBUG_PGSTE, that an entry in use changes by IPTE, IDTE or CSP only. All
 * of these leave it invalid: what is valid when it is set again, and becomes something
 * else for the hardware, may be in a TLB as it was (Principles of Operation,
 * "Modification of Translation Tables").
 */
#ifndef _ARCH_S390_MM_PGSTE_DEBUG_H
#define _ARCH_S390_MM_PGSTE_DEBUG_H

#include <linux/bug.h>
#include <linux/lockdep.h>
#include <linux/pgtable.h>

#define PTE_HARDWARE_BITS	(PAGE_MASK | _PAGE_INVALID | _PAGE_PROTECT | _PAGE_NOEXEC)

/* A page's entry, which has a PGSTE, is about to change. */
static inline void pgste_check_change(pte_t old, pte_t new)
{
	if (IS_ENABLED(CONFIG_DEBUG_PGSTE))
		WARN_ON_ONCE(!(pte_val(old) & _PAGE_INVALID) &&
			     (pte_val(old) ^ pte_val(new)) & PTE_HARDWARE_BITS);
}

/* A gmap's entry of a segment is about to change. */
static inline void gmap_check_change(unsigned long old, unsigned long new)
{
	if (IS_ENABLED(CONFIG_DEBUG_PGSTE))
		WARN_ON_ONCE(!(old & _SEGMENT_ENTRY_INVALID) &&
			     (old ^ new) & _SEGMENT_ENTRY_HARDWARE_BITS_LARGE);
}

/*
 * Subclasses. Who holds a PGSTE's lock may notify, and take locks of shadows, where
 * that of a page that a shadow is made from is taken to make one, and notifies nobody;
 * that of the shadow's own page comes last. None of it is a deadlock: each is inside the
 * lock of its page table.
 */
enum { PGSTE_LOCK, PGSTE_LOCK_QUIET, PGSTE_LOCK_SHADOW };

/* PGSTE_LOCK_MAP: to be used where there is a pgste_lock_map. */
#if defined(CONFIG_KVM_DIRTYLOG) && defined(CONFIG_DEBUG_LOCK_ALLOC)
#define PGSTE_LOCK_MAP
#define pgste_lock_acquire(subclass)						\
	lock_acquire_exclusive(&pgste_lock_map, subclass, 0, NULL, _THIS_IP_)
#define pgste_lock_release()	lock_map_release(&pgste_lock_map)
#else
static inline void pgste_lock_acquire(int subclass)
{
}

static inline void pgste_lock_release(void)
{
}
#endif

#endif /* _ARCH_S390_MM_PGSTE_DEBUG_H */
