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

/* Has none. */
static void protect_entry(unsigned long *sptep)
{
	xchg(sptep, 0);
}

int start(struct log *log, void *owner)
{
	return dirtylog_arm(log, owner);
}

int show(struct log *log, void *pass)
{
	int ret = dirtylog_harvest(log, pass);

	if (!ret)
		ret = dirtylog_rearm(log, pass);
	return ret;
}

/* What is not rearmed stays dirty, and somebody has thought of it. */
void rearm(struct log *log, void *pass)
{
	(void)dirtylog_rearm(log, pass);
}

bool protect(struct vm *vm, struct mapping *mapping, const struct batch *batch,
	     unsigned long *sptep)
{
	protect_entry(sptep);
	if (vm->ops->protect(mapping, NULL, batch))
		return false;
	return write_protect(sptep) || apply_to_range(vm, wrprotect);
}
