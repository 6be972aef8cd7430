// SPDX-License-Identifier: GPL-2.0
/*
 * Rule 8: what large and small entries owe to each other.
 */
#include <linux/export.h>

#include "internal.h"

unsigned int dirtylog_split(struct dirtylog *log, unsigned long first,
			    unsigned long nr, unsigned int large)
{
	if (large & DIRTYLOG_ENTRY_WRITTEN)
		dirtylog_mark_range(log, first, nr);
	return large & ~DIRTYLOG_ENTRY_WRITTEN;
}
EXPORT_SYMBOL_GPL(dirtylog_split);

void dirtylog_collapse_entry(struct dirtylog_collapse *collapse,
			     struct dirtylog *log, unsigned long frame,
			     unsigned int small)
{
	if (small & DIRTYLOG_ENTRY_WRITTEN)
		dirtylog_mark(log, frame);
	collapse->all &= small;
	collapse->any |= small;
}
EXPORT_SYMBOL_GPL(dirtylog_collapse_entry);
