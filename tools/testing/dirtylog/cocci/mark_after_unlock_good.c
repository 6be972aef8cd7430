// SPDX-License-Identifier: GPL-2.0
#include "entry.h"

void map(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	spin_lock(vm->lock);
	set_spte(sptep, to_spte(frame) | WRITABLE);
	dirtylog_mark(vm->log, frame);
	spin_unlock(vm->lock);
}

/* Each turn is a section of its own. */
void map_each(struct vm *vm, unsigned long *ptes, unsigned long frame)
{
	unsigned long i;

	for (i = 0; i < 4; i++) {
		spin_lock(vm->lock);
		set_spte(&ptes[i], to_spte(frame + i) | WRITABLE);
		dirtylog_mark(vm->log, frame + i);
		spin_unlock(vm->lock);
	}
}

/* The entry was marked in time; what is written later is something else. */
void map_then_write(struct vm *vm, unsigned long *sptep, unsigned long *data, unsigned long frame)
{
	spin_lock(vm->lock);
	set_spte(sptep, to_spte(frame) | WRITABLE);
	dirtylog_mark(vm->log, frame);
	spin_unlock(vm->lock);
	*data = 1;
	dirtylog_mark(vm->log, frame);
}

/* Marked under the lock that is taken next. */
void map_and_write(struct vm *vm, unsigned long *sptep, unsigned long *data, unsigned long frame)
{
	spin_lock(vm->lock);
	set_spte(sptep, to_spte(frame));
	spin_unlock(vm->lock);

	spin_lock(vm->lock);
	*data = 1;
	dirtylog_mark(vm->log, frame);
	spin_unlock(vm->lock);
}

/* No lock, and none that was dropped. */
bool fix_fast(struct vm *vm, unsigned long *sptep, unsigned long old, unsigned long frame)
{
	if (cmpxchg(sptep, old, old | WRITABLE) != old)
		return false;
	dirtylog_mark_after_rmw(vm->log, frame);
	return true;
}

/* A direct writer: the lock is of something else. */
void write_guest(struct vm *vm, unsigned long *data, unsigned long frame)
{
	spin_lock(vm->lock);
	*data = 1;
	spin_unlock(vm->lock);
	dirtylog_mark(vm->log, frame);
}
