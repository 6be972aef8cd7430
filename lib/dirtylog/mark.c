// SPDX-License-Identifier: GPL-2.0
/*
 * Marks: what writers call.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/rculist.h>

#include "internal.h"

static void mark_trackers(struct dirtylog *log, unsigned long frame)
{
	struct dirtylog_tracker *tracker;

	if (WARN_ON_ONCE(frame >= log->nr_pages))
		return;

	/*
	 * Pairs with synchronize_rcu() in dirtylog_arm(): a mark that does not
	 * see a tracker here is over before that tracker arms, so that arming
	 * sees the entry which this mark stands for. And with the one in
	 * dirtylog_detach(), for the record's memory.
	 */
	rcu_read_lock();
	list_for_each_entry_rcu(tracker, &log->trackers, node)
		dirtylog_record_mark(&tracker->record, frame >> tracker->order);
	rcu_read_unlock();
}

void dirtylog_mark(struct dirtylog *log, unsigned long frame)
{
	/*
	 * The entry, or the data, before the test of the leaf. Pairs with
	 * clear_bits() in scan_leaf(): if this mark finds the leaf
	 * set and leaves it alone, the scan that takes it is yet to come, and
	 * the protect after that scan sees the entry. Without the barrier the
	 * test may be done early, against a bit that a scan then takes before
	 * the entry is visible: writable for ever, with no bit.
	 */
	smp_mb();
	mark_trackers(log, frame);
}
EXPORT_SYMBOL_GPL(dirtylog_mark);

void dirtylog_mark_after_rmw(struct dirtylog *log, unsigned long frame)
{
	/* The caller's fully ordered RMW is the barrier of dirtylog_mark(). */
	mark_trackers(log, frame);
}
EXPORT_SYMBOL_GPL(dirtylog_mark_after_rmw);
