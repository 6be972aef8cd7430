// SPDX-License-Identifier: GPL-2.0
#include "entry.h"

/* What was decided is handed on. */
bool op_begin(struct vm *vm, unsigned long *pmdp)
{
	bool huge;

	spin_lock(vm->lock);
	huge = spte_huge(*pmdp);
	if (!huge)
		spin_unlock(vm->lock);
	return huge;
}

void op_end(struct vm *vm, bool locked)
{
	if (locked)
		spin_unlock(vm->lock);
}

/* The lock is held when the entry is read, and the function ends here. */
bool set_present(struct vm *vm, unsigned long *pmdp, unsigned long frame)
{
	spin_lock(vm->lock);
	if (!*pmdp) {
		spin_unlock(vm->lock);
		return false;
	}
	set_spte(pmdp, to_spte(frame));
	spin_unlock(vm->lock);
	return true;
}

/* A lock that is found by way of the entry, and taken again after it was dropped. */
bool set_both(struct vm *vm, unsigned long *pmdp, unsigned long *ptep, unsigned long frame)
{
	struct lock *ptl = pmd_lock(vm, pmdp);

	if (!*pmdp) {
		spin_unlock(ptl);
		return false;
	}
	spin_unlock(ptl);
	ptl = pmd_lock(vm, ptep);
	if (!*ptep) {
		spin_unlock(ptl);
		return false;
	}
	set_spte(ptep, to_spte(frame));
	spin_unlock(ptl);
	return true;
}
