// SPDX-License-Identifier: GPL-2.0
/*
 * Marks: what writers call.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/rculist.h>
#include <linux/sched.h>

#include <trace/events/dirtylog.h>

#include "internal.h"

/*
 * The RCU read-side section around each walk of the trackers pairs with
 * synchronize_rcu() in dirtylog_arm(): a mark that does not see a tracker is over
 * before that tracker arms, so that arming sees the entry which the mark stands
 * for. And with the one in dirtylog_detach(), for the record's memory.
 */
static void mark_one(struct dirtylog *log, unsigned long frame)
{
	struct dirtylog_tracker *tracker;

	if (WARN_ON_ONCE(frame >= log->nr_pages))
		return;

	rcu_read_lock();
	list_for_each_entry_rcu(tracker, &log->trackers, node)
		dirtylog_record_mark(&tracker->record, frame >> tracker->order);
	rcu_read_unlock();

	dirtylog_count_marks(log, 1);
	trace_dirtylog_mark(log, frame, 1);
}

void dirtylog_mark(struct dirtylog *log, unsigned long frame)
{
	/*
	 * The entry, or the data, before the test of the leaf. Pairs with
	 * clear_bits() in scan_leaves(): if this mark finds the leaf set and
	 * leaves it alone, the scan that takes it is yet to come, and the
	 * protect after that scan sees the entry. Without the barrier the test
	 * may be done early, against a bit that a scan then takes before the
	 * entry is visible: writable for ever, with no bit.
	 * Modelled in tools/testing/dirtylog/model/store-buffer.pml.
	 */
	smp_mb();
	mark_one(log, frame);
}
EXPORT_SYMBOL_GPL(dirtylog_mark);

void dirtylog_mark_after_rmw(struct dirtylog *log, unsigned long frame)
{
	/* The caller's fully ordered RMW is the barrier of dirtylog_mark(). */
	mark_one(log, frame);
}
EXPORT_SYMBOL_GPL(dirtylog_mark_after_rmw);

void dirtylog_mark_array(struct dirtylog *log, const unsigned long *frames,
			 unsigned int nr)
{
	unsigned int i;

	/* As in dirtylog_mark(), for the whole list. */
	smp_mb();
	for (i = 0; i < nr; i++)
		mark_one(log, frames[i]);
}
EXPORT_SYMBOL_GPL(dirtylog_mark_array);

void dirtylog_mark_range(struct dirtylog *log, unsigned long first,
			 unsigned long nr)
{
	const unsigned long piece = 1UL << DIRTYLOG_MAX_ORDER;
	struct dirtylog_tracker *tracker;
	unsigned long left = nr;

	might_sleep_if(nr > piece);
	if (!nr)
		return;
	if (WARN_ON_ONCE(first >= log->nr_pages))
		return;
	if (WARN_ON_ONCE(nr > log->nr_pages - first))
		left = log->nr_pages - first;

	dirtylog_count_marks(log, left);
	trace_dirtylog_mark(log, first, left);
	/* As in dirtylog_mark(), for all entries of the range. */
	smp_mb();
	while (left) {
		unsigned long now = min(left, piece);

		rcu_read_lock();
		list_for_each_entry_rcu(tracker, &log->trackers, node)
			dirtylog_record_mark_range(&tracker->record,
						   first >> tracker->order,
						   (first + now - 1) >>
						   tracker->order);
		rcu_read_unlock();

		first += now;
		left -= now;
		if (nr > piece)
			cond_resched();
	}
}
EXPORT_SYMBOL_GPL(dirtylog_mark_range);
