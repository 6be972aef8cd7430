// SPDX-License-Identifier: GPL-2.0
/*
 * The log and its mappings.
 */
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/rculist.h>

#include "internal.h"

int dirtylog_init(struct dirtylog *log, unsigned long nr_pages)
{
	if (!nr_pages || nr_pages > DIRTYLOG_MAX_PAGES)
		return -EINVAL;

	log->nr_pages = nr_pages;
	INIT_LIST_HEAD(&log->trackers);
	INIT_LIST_HEAD(&log->mappings);
	memset(&log->stats, 0, sizeof(log->stats));
	mutex_init(&log->lock);

	if (dirtylog_stats_add(log)) {
		mutex_destroy(&log->lock);
		return -ENOMEM;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(dirtylog_init);

void dirtylog_set_name(struct dirtylog *log, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	dirtylog_stats_name(log, fmt, args);
	va_end(args);
}
EXPORT_SYMBOL_GPL(dirtylog_set_name);

void dirtylog_destroy(struct dirtylog *log)
{
	struct dirtylog_tracker *tracker, *next;
	struct dirtylog_mapping *mapping, *m;

	dirtylog_stats_remove(log);
	list_for_each_entry_safe(tracker, next, &log->trackers, node)
		dirtylog_tracker_free(tracker);
	INIT_LIST_HEAD(&log->trackers);
	list_for_each_entry_safe(mapping, m, &log->mappings, node)
		mapping->log = NULL;
	INIT_LIST_HEAD(&log->mappings);
	mutex_destroy(&log->lock);
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

	if (mutex_lock_killable_nested(&log->lock,
				       dirtylog_lock_class(list_empty(&log->mappings) &&
							   list_empty(&log->trackers))))
		return -EINTR;
	mapping->log = log;
	list_add_tail(&mapping->node, &log->mappings);
	mutex_unlock(&log->lock);
	return 0;
}
EXPORT_SYMBOL_GPL(dirtylog_map);

void dirtylog_unmap(struct dirtylog *log, struct dirtylog_mapping *mapping,
		    void *owner)
{
	mutex_lock(&log->lock);
	if (mapping->ops->sync)
		mapping->ops->sync(mapping, owner);
	if (mapping->ops->fold)
		mapping->ops->fold(mapping, owner, 0, log->nr_pages);
	list_del_init(&mapping->node);
	mapping->log = NULL;
	mutex_unlock(&log->lock);
}
EXPORT_SYMBOL_GPL(dirtylog_unmap);

int dirtylog_quiesce(struct dirtylog *log, void *owner)
{
	struct dirtylog_mapping *mapping;
	int ret = 0;

	if (mutex_lock_killable(&log->lock))
		return -EINTR;
	list_for_each_entry(mapping, &log->mappings, node) {
		if (mapping->ops->quiesce)
			ret = mapping->ops->quiesce(mapping, owner);
		if (ret)
			break;
	}
	mutex_unlock(&log->lock);
	if (ret)
		return ret;

	/*
	 * Pairs with the RCU read-side sections, or the disabled preemption, in
	 * which somebody opens an entry and marks it.
	 */
	synchronize_rcu();
	return 0;
}
EXPORT_SYMBOL_GPL(dirtylog_quiesce);
