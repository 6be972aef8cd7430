// SPDX-License-Identifier: GPL-2.0
/*
 * The log and its mappings.
 */
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "internal.h"

int dirtylog_init(struct dirtylog *log, unsigned long nr_pages)
{
	unsigned long words;

	if (!nr_pages || nr_pages > DIRTYLOG_MAX_PAGES)
		return -EINVAL;

	words = min(BITS_TO_LONGS(nr_pages), DIRTYLOG_CHUNK_WORDS);
	log->buf = kcalloc(words, sizeof(*log->buf), GFP_KERNEL_ACCOUNT);
	if (!log->buf)
		return -ENOMEM;

	log->nr_pages = nr_pages;
	INIT_LIST_HEAD(&log->trackers);
	INIT_LIST_HEAD(&log->mappings);
	mutex_init(&log->lock);
	return 0;
}
EXPORT_SYMBOL_GPL(dirtylog_init);

void dirtylog_destroy(struct dirtylog *log)
{
	struct dirtylog_tracker *tracker, *next;
	struct dirtylog_mapping *mapping, *m;

	list_for_each_entry_safe(tracker, next, &log->trackers, node) {
		dirtylog_record_free(&tracker->record);
		tracker->log = NULL;
		tracker->live = false;
	}
	INIT_LIST_HEAD(&log->trackers);
	list_for_each_entry_safe(mapping, m, &log->mappings, node)
		mapping->log = NULL;
	INIT_LIST_HEAD(&log->mappings);
	mutex_destroy(&log->lock);
	kfree(log->buf);
	log->buf = NULL;
}
EXPORT_SYMBOL_GPL(dirtylog_destroy);

int dirtylog_map(struct dirtylog *log, struct dirtylog_mapping *mapping)
{
	const struct dirtylog_ops *ops = mapping->ops;

	if (!ops || !ops->protect || !ops->flush || !ops->arm ||
	    !ops->lock != !ops->unlock || (ops->contended && !ops->lock))
		return -EINVAL;
	if (mapping->log)
		return -EBUSY;

	mutex_lock(&log->lock);
	mapping->log = log;
	list_add_tail(&mapping->node, &log->mappings);
	mutex_unlock(&log->lock);
	return 0;
}
EXPORT_SYMBOL_GPL(dirtylog_map);

void dirtylog_unmap(struct dirtylog *log, struct dirtylog_mapping *mapping)
{
	mutex_lock(&log->lock);
	list_del_init(&mapping->node);
	mapping->log = NULL;
	mutex_unlock(&log->lock);
}
EXPORT_SYMBOL_GPL(dirtylog_unmap);
