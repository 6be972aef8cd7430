// SPDX-License-Identifier: GPL-2.0
#include "entry.h"

static bool write_protect(unsigned long *sptep)
{
	return xchg(sptep, 0) & WRITABLE;
}

static int wrprotect(unsigned long *sptep)
{
	return sptep ? 0 : -1;
}

void start(struct log *log, void *owner)
{
	dirtylog_arm(log, owner); /* flagged */
}

void show(struct log *log, void *pass)
{
	dirtylog_harvest(log, pass); /* flagged */
	if (pass)
		dirtylog_rearm(log, pass); /* flagged */
}

void reset(struct log *log, void *owner, unsigned long mask)
{
	dirtylog_protect(log, owner, 0, mask); /* flagged */
	dirtylog_flush(log, owner);
}

void protect_batch(struct vm *vm, struct mapping *mapping, const struct batch *batch)
{
	vm->ops->protect(mapping, NULL, batch); /* flagged */
	vm->own_ops.arm(mapping, NULL); /* flagged */
}

void protect_one(unsigned long *sptep)
{
	write_protect(sptep); /* flagged */
}

void protect_all(struct vm *vm)
{
	apply_to_range(vm, wrprotect); /* flagged */
}
