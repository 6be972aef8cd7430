// SPDX-License-Identifier: GPL-2.0
/*
 * Passes over a record: harvest, peek, rearm.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "internal.h"

static int pass_begin(struct dirtylog_tracker *tracker,
		      struct dirtylog_pass *pass)
{
	struct dirtylog *log = tracker->log;

	if (!log || pass->first > pass->end || pass->end > tracker->record.nr_bits ||
	    pass->flags & ~DIRTYLOG_FLUSH_CHUNKS)
		return -EINVAL;

	pass->next = pass->first;
	if (mutex_lock_killable(&log->lock))
		return -EINTR;
	if (!tracker->live) {
		mutex_unlock(&log->lock);
		return -EINVAL;
	}
	return 0;
}

/* Words of a chunk, so that it has DIRTYLOG_CHUNK_PAGES frames if it can. */
static unsigned long chunk_words(const struct dirtylog_tracker *tracker)
{
	return max(DIRTYLOG_CHUNK_WORDS >> tracker->order, 1);
}

static void pass_sync(struct dirtylog *log, void *owner)
{
	struct dirtylog_mapping *mapping;

	list_for_each_entry(mapping, &log->mappings, node) {
		if (mapping->ops->sync)
			mapping->ops->sync(mapping, owner);
	}
}

static int pass_interrupted(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* Show what is dirty; with DIRTYLOG_SCAN_TAKE, take and rearm it before. */
static int show_pass(struct dirtylog_tracker *tracker,
		     struct dirtylog_pass *pass, enum dirtylog_scan scan)
{
	struct dirtylog *log = tracker->log;
	struct dirtylog_record *record = &tracker->record;
	unsigned long words = chunk_words(tracker);
	bool take = scan == DIRTYLOG_SCAN_TAKE;
	bool flush = false;
	int ret;

	if (!pass->sink)
		return -EINVAL;
	ret = pass_begin(tracker, pass);
	if (ret)
		return ret;
	pass_sync(log, pass->owner);

	for (;;) {
		struct dirtylog_chunk chunk;

		ret = pass_interrupted();
		if (ret)
			break;

		dirtylog_record_scan(record, scan, pass->next, pass->end, words,
				     log->buf, &chunk);
		if (!chunk.nr) {
			pass->next = pass->end;
			break;
		}

		if (take) {
			flush = true;
			ret = dirtylog_protect_chunk(log, pass->owner, &chunk,
						     tracker->order, true);
			if (!ret && pass->flags & DIRTYLOG_FLUSH_CHUNKS) {
				dirtylog_flush_mappings(log, pass->owner);
				flush = false;
			}
		}
		if (!ret)
			ret = pass->sink(pass->data, &chunk);
		if (ret < 0) {
			if (take)
				dirtylog_record_put_back(record, &chunk);
			pass->next = max(chunk.first, pass->next);
			break;
		}
		pass->next = min(chunk.first + chunk.nr, pass->end);
		if (ret)
			break;
	}

	if (flush)
		dirtylog_flush_mappings(log, pass->owner);
	mutex_unlock(&log->lock);
	return min(ret, 0);
}

int dirtylog_harvest(struct dirtylog_tracker *tracker,
		     struct dirtylog_pass *pass)
{
	return show_pass(tracker, pass, DIRTYLOG_SCAN_TAKE);
}
EXPORT_SYMBOL_GPL(dirtylog_harvest);

int dirtylog_peek(struct dirtylog_tracker *tracker, struct dirtylog_pass *pass)
{
	return show_pass(tracker, pass, DIRTYLOG_SCAN_PEEK);
}
EXPORT_SYMBOL_GPL(dirtylog_peek);

int dirtylog_rearm(struct dirtylog_tracker *tracker, struct dirtylog_pass *pass)
{
	struct dirtylog *log = tracker->log;
	struct dirtylog_record *record = &tracker->record;
	unsigned long words = chunk_words(tracker);
	bool flush = false;
	int ret;

	if (!pass->source)
		return -EINVAL;
	ret = pass_begin(tracker, pass);
	if (ret)
		return ret;

	for (;;) {
		struct dirtylog_chunk chunk;
		unsigned long end;

		ret = pass_interrupted();
		if (ret)
			break;

		dirtylog_record_scan(record, DIRTYLOG_SCAN_PEEK, pass->next,
				     pass->end, words, log->buf, &chunk);
		if (!chunk.nr) {
			pass->next = pass->end;
			break;
		}

		pass->next = max(chunk.first, pass->next);
		end = min(chunk.first + chunk.nr, pass->end);
		bitmap_zero(log->buf, chunk.nr);
		ret = pass->source(pass->data, chunk.first, chunk.nr, log->buf);
		if (ret < 0)
			break;

		dirtylog_record_scan(record, DIRTYLOG_SCAN_TAKE_MASKED,
				     pass->next, end, words, log->buf, &chunk);
		if (chunk.nr) {
			flush = true;
			ret = dirtylog_protect_chunk(log, pass->owner, &chunk,
						     tracker->order, true);
			if (ret) {
				dirtylog_record_put_back(record, &chunk);
				break;
			}
		}
		pass->next = end;
	}

	if (flush)
		dirtylog_flush_mappings(log, pass->owner);
	mutex_unlock(&log->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(dirtylog_rearm);
