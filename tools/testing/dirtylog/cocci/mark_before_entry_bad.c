// SPDX-License-Identifier: GPL-2.0
#include "entry.h"

void map_by_setter(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	spin_lock(vm->lock);
	dirtylog_mark(vm->log, frame); /* flagged */
	set_spte(sptep, to_spte(frame) | WRITABLE);
	spin_unlock(vm->lock);
}

void map_by_op(struct vm *vm, unsigned long *sptep, unsigned long frame, bool write)
{
	unsigned long spte = to_spte(frame);

	if (write) {
		spte |= WRITABLE;
		mark_page_dirty(vm, frame); /* flagged */
	}
	vm->ops->set_spte(sptep, spte);
}

void map_by_own_op(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	dirtylog_mark(vm->log, frame); /* flagged */
	vm->own_ops.set_spte(sptep, to_spte(frame) | WRITABLE);
}

int map_by_walk(struct vm *vm, unsigned long frame)
{
	dirtylog_mark_range(vm->log, frame, 256); /* flagged */
	return stage2_map(vm, frame, WRITABLE);
}

bool map_by_cmpxchg(struct vm *vm, unsigned long *sptep, unsigned long old, unsigned long frame)
{
	dirtylog_mark_after_rmw(vm->log, frame); /* flagged */
	return cmpxchg(sptep, old, old | WRITABLE) == old;
}

void map_by_store(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	dirtylog_mark(vm->log, frame); /* flagged */
	WRITE_ONCE(*sptep, to_spte(frame) | WRITABLE);
}

/* The caller writes the entry that this has made. */
void make_spte(struct vm *vm, unsigned long frame, unsigned long *new_spte)
{
	unsigned long spte = to_spte(frame) | WRITABLE;

	mark_page_dirty(vm, frame); /* flagged */
	*new_spte = spte;
}

void map_by_cast(struct vm *vm, void *sptep, unsigned long frame)
{
	mark_page_dirty(vm, frame); /* flagged */
	*(unsigned long *)sptep = to_spte(frame) | WRITABLE;
}

void map_in_walk(struct walk *walk, unsigned long frame)
{
	dirtylog_mark(walk->vm->log, frame); /* flagged */
	*walk->sptep = to_spte(frame) | WRITABLE;
}

void map_in_table(struct vm *vm, unsigned long *ptes, unsigned long frame)
{
	unsigned long i;

	for (i = 0; i < 4; i++) {
		dirtylog_mark(vm->log, frame + i); /* flagged */
		ptes[i] = to_spte(frame + i) | WRITABLE;
	}
}

void map_in_walks_table(struct walk *walk, unsigned long frame)
{
	dirtylog_mark(walk->vm->log, frame); /* flagged */
	walk->ptes[0] = to_spte(frame) | WRITABLE;
}
