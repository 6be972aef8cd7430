// SPDX-License-Identifier: GPL-2.0
#include "entry.h"

void map(struct vm *vm, unsigned long *sptep, unsigned long frame)
{
	spin_lock(vm->lock);
	set_spte(sptep, to_spte(frame) | WRITABLE);
	dirtylog_mark(vm->log, frame);
	spin_unlock(vm->lock);
}

/* After the mark comes the entry of the next turn. */
void map_each(struct vm *vm, unsigned long *ptes, unsigned long frame)
{
	unsigned long i;

	for (i = 0; i < 4; i++) {
		set_spte(&ptes[i], to_spte(frame + i) | WRITABLE);
		dirtylog_mark(vm->log, frame + i);
	}
}

bool fix_fast(struct vm *vm, unsigned long *sptep, unsigned long old, unsigned long frame)
{
	if (cmpxchg(sptep, old, old | WRITABLE) != old)
		return false;
	dirtylog_mark_after_rmw(vm->log, frame);
	return true;
}

/* Either it was written by this function, or it is mapped. */
void write_or_map(struct vm *vm, unsigned long *sptep, unsigned long *data, unsigned long frame)
{
	if (data) {
		*data = 1;
		dirtylog_mark(vm->log, frame);
	} else {
		set_spte(sptep, to_spte(frame));
	}
}

/* What comes after the mark is no entry. */
void write_guest(struct vm *vm, unsigned long *data, unsigned long frame, unsigned long *count)
{
	*data = 1;
	mark_page_dirty(vm, frame);
	*count = *count + 1;
	WRITE_ONCE(*data, 2);
	dirtylog_mark(vm->log, frame);
}
