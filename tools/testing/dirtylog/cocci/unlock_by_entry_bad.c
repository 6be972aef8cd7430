// SPDX-License-Identifier: GPL-2.0
#include "entry.h"

/* The other half: the lock is held if the entry is huge. */
unsigned long *op_begin(struct vm *vm, unsigned long *pmdp)
{
	spin_lock(vm->lock);
	if (!spte_huge(*pmdp))
		spin_unlock(vm->lock);
	return pmdp;
}

void op_end(struct vm *vm, unsigned long *pmdp)
{
	if (spte_huge(*pmdp))
		spin_unlock(vm->lock); /* flagged */
}

void op_end_once(struct vm *vm, unsigned long *pmdp)
{
	if (spte_huge(READ_ONCE(*pmdp))) {
		set_spte(pmdp, 0);
		spin_unlock(vm->lock); /* flagged */
	}
}

void lock_if_huge(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	if (read_spte(sptep) & HUGE)
		spin_lock(vm->lock);
	set_spte(sptep, to_spte(frame));
	if (read_spte(sptep) & HUGE)
		spin_unlock(vm->lock); /* flagged */
}

void drop_twice(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	spin_lock(vm->lock);
	if (!spte_huge(*sptep))
		spin_unlock(vm->lock);
	set_spte(sptep, to_spte(frame));
	if (spte_huge(*sptep))
		spin_unlock(vm->lock); /* flagged */
}

void drop_twice_in_blocks(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	spin_lock(vm->lock);
	if (!spte_huge(*sptep)) {
		set_spte(sptep, to_spte(frame));
		spin_unlock(vm->lock);
	}
	if (spte_huge(*sptep)) {
		set_spte(sptep, 0);
		spin_unlock(vm->lock); /* flagged */
	}
}
