// SPDX-License-Identifier: GPL-2.0
#include "entry.h"

void map_by_setter(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	spin_lock(vm->lock);
	set_spte(sptep, to_spte(frame) | WRITABLE);
	spin_unlock(vm->lock);
	dirtylog_mark(vm->log, frame); /* flagged */
}

int map_by_walk(struct vm *vm, unsigned long frame, bool write)
{
	int ret;

	read_lock(vm->lock);
	ret = stage2_map(vm, frame, write ? WRITABLE : 0);
	read_unlock(vm->lock);
	if (write && !ret)
		mark_page_dirty(vm, frame); /* flagged */
	return ret;
}

void map_by_op(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	spin_lock(vm->lock);
	vm->ops->set_spte(sptep, to_spte(frame) | WRITABLE);
	spin_unlock(vm->lock);
	dirtylog_mark(vm->log, frame); /* flagged */
}

void map_by_store(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	spin_lock(vm->lock);
	WRITE_ONCE(*sptep, to_spte(frame) | WRITABLE);
	spin_unlock(vm->lock);
	dirtylog_mark(vm->log, frame); /* flagged */
}

void map_in_walk(struct walk *walk, unsigned long frame)
{
	struct vm *vm = walk->vm;

	spin_lock(vm->lock);
	*walk->sptep = to_spte(frame) | WRITABLE;
	spin_unlock(vm->lock);
	dirtylog_mark(vm->log, frame); /* flagged */
}

void map_in_table(struct vm *vm, unsigned long *ptes, unsigned long frame)
{
	spin_lock(vm->lock);
	ptes[frame] = to_spte(frame) | WRITABLE;
	spin_unlock(vm->lock);
	dirtylog_mark(vm->log, frame); /* flagged */
}

void map_by_own_op(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	spin_lock(vm->lock);
	vm->own_ops.set_spte(sptep, to_spte(frame) | WRITABLE);
	spin_unlock(vm->lock);
	dirtylog_mark(vm->log, frame); /* flagged */
}

void map_by_cast(struct vm *vm, void *sptep, unsigned long frame)
{
	spin_lock(vm->lock);
	*(unsigned long *)sptep = to_spte(frame) | WRITABLE;
	spin_unlock(vm->lock);
	dirtylog_mark(vm->log, frame); /* flagged */
}

void map_in_walks_table(struct walk *walk, unsigned long frame)
{
	struct vm *vm = walk->vm;

	spin_lock(vm->lock);
	walk->ptes[0] = to_spte(frame) | WRITABLE;
	spin_unlock(vm->lock);
	dirtylog_mark(vm->log, frame); /* flagged */
}
