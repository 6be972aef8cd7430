// SPDX-License-Identifier: GPL-2.0
/*
 * Trackers come and go.
 * Attach and arm are modelled in tools/testing/dirtylog/model/attach.pml.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "internal.h"

unsigned long *dirtylog_alloc_buf(unsigned long nr_bits, unsigned int order)
{
	KUNIT_STATIC_STUB_REDIRECT(dirtylog_alloc_buf, nr_bits, order);
	return kcalloc(dirtylog_chunk_words(nr_bits, order), sizeof(long),
		       GFP_KERNEL_ACCOUNT);
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_alloc_buf);

void dirtylog_tracker_free(struct dirtylog_tracker *tracker)
{
	dirtylog_record_free(&tracker->record);
	kfree(tracker->buf);
	tracker->buf = NULL;
	tracker->log = NULL;
	tracker->live = false;
}

int dirtylog_attach(struct dirtylog *log, struct dirtylog_tracker *tracker,
		    unsigned int order, unsigned int start)
{
	unsigned int how = start & ~DIRTYLOG_UNSHARED;
	int ret;

	if (order > DIRTYLOG_MAX_ORDER ||
	    (how != DIRTYLOG_START_ARM && how != DIRTYLOG_START_DIRTY &&
	     how != DIRTYLOG_START_CLEAN))
		return -EINVAL;

	memset(tracker, 0, sizeof(*tracker));
	ret = dirtylog_record_init(&tracker->record,
				   ((log->nr_pages - 1) >> order) + 1,
				   DIRTYLOG_TOP_WORDS);
	if (ret)
		return ret;

	tracker->buf = dirtylog_alloc_buf(tracker->record.nr_bits, order);
	if (!tracker->buf) {
		dirtylog_tracker_free(tracker);
		return -ENOMEM;
	}

	tracker->order = order;
	tracker->log = log;
	tracker->shared = !(start & DIRTYLOG_UNSHARED);
	tracker->live = how != DIRTYLOG_START_ARM;
	if (how == DIRTYLOG_START_DIRTY)
		dirtylog_record_fill(&tracker->record);

	if (mutex_lock_killable_nested(&log->lock, dirtylog_lock_class(!tracker->shared))) {
		dirtylog_tracker_free(tracker);
		return -EINTR;
	}
	list_add_tail_rcu(&tracker->node, &log->trackers);
	mutex_unlock(&log->lock);
	return 0;
}
EXPORT_SYMBOL_GPL(dirtylog_attach);

/* A live tracker, with granules as small as there are, or NULL. */
static struct dirtylog_tracker *finest_live(const struct dirtylog *log)
{
	struct dirtylog_tracker *tracker, *finest = NULL;

	list_for_each_entry(tracker, &log->trackers, node) {
		if (tracker->live && (!finest || tracker->order < finest->order))
			finest = tracker;
	}
	return finest;
}

int dirtylog_arm(struct dirtylog_tracker *tracker, void *owner)
{
	struct dirtylog *log = tracker->log;
	struct dirtylog_tracker *live;
	int ret = 0;

	if (mutex_lock_killable(&log->lock))
		return -EINTR;
	if (tracker->live)
		goto unlock;

	/* Pairs with rcu_read_lock() in mark_one() and dirtylog_mark_range(). */
	if (tracker->shared)
		synchronize_rcu();

	/*
	 * A page that is clean in a live tracker is armed and flushed (rule 1),
	 * or its mark is yet to come, and that one sees both trackers: all
	 * others are over, and in the live tracker's record or harvested.
	 */
	live = finest_live(log);
	ret = live ? dirtylog_protect_dirty(live, owner) :
		     dirtylog_arm_mappings(log, owner);
	dirtylog_flush_mappings(log, owner);
	WRITE_ONCE(tracker->live, !ret);
unlock:
	mutex_unlock(&log->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(dirtylog_arm);

void dirtylog_detach(struct dirtylog_tracker *tracker, void *owner)
{
	struct dirtylog *log = tracker->log;
	struct dirtylog_mapping *mapping;

	mutex_lock(&log->lock);
	list_del_rcu(&tracker->node);
	WRITE_ONCE(tracker->live, false);
	/* Pairs with rcu_read_lock() in mark_one() and dirtylog_mark_range(). */
	synchronize_rcu();
	if (list_empty(&log->trackers)) {
		list_for_each_entry(mapping, &log->mappings, node) {
			if (mapping->ops->disarm)
				mapping->ops->disarm(mapping, owner);
		}
	}
	mutex_unlock(&log->lock);

	dirtylog_tracker_free(tracker);
}
EXPORT_SYMBOL_GPL(dirtylog_detach);
