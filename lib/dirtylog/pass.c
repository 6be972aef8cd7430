// SPDX-License-Identifier: GPL-2.0
/*
 * Passes over a record: harvest, peek, rearm.
 * Harvests are modelled in tools/testing/dirtylog/model/pass.pml.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <trace/events/dirtylog.h>

#include "internal.h"

/* @complete: it has the sink or the source that it needs. */
static int pass_begin(struct dirtylog_tracker *tracker,
		      struct dirtylog_pass *pass, bool complete)
{
	struct dirtylog *log = tracker->log;

	pass->next = pass->first;
	if (!log || !complete || pass->first > pass->end ||
	    pass->end > tracker->record.nr_bits ||
	    pass->flags & ~DIRTYLOG_FLUSH_CHUNKS)
		return -EINVAL;

	if (mutex_lock_killable(&log->lock))
		return -EINTR;
	if (!tracker->live) {
		mutex_unlock(&log->lock);
		return -EINVAL;
	}
	return 0;
}

static unsigned long chunk_words(const struct dirtylog_tracker *tracker)
{
	return dirtylog_chunk_words(tracker->record.nr_bits, tracker->order);
}

static void pass_sync(const struct dirtylog_tracker *tracker,
		      const struct dirtylog_pass *pass)
{
	struct dirtylog_mapping *mapping;

	list_for_each_entry(mapping, &tracker->log->mappings, node) {
		if (mapping->ops->sync)
			mapping->ops->sync(mapping, pass->owner);
	}
}

/*
 * Let mappings mark what only their entries know of writes, from @pass->next on:
 * one chunk's worth, so that a pass which ends early has not looked at what it
 * does not show. Comes before the scan: whoever takes a note elsewhere marks it under
 * a lock that the fold op takes too, so one of the two finds it. Modelled in
 * tools/testing/dirtylog/model/recording.pml. Return: the granule up to which that was
 * done, all if there is nothing to do.
 */
static unsigned long pass_fold(const struct dirtylog_tracker *tracker,
			       const struct dirtylog_pass *pass,
			       unsigned long words)
{
	const struct dirtylog *log = tracker->log;
	unsigned long next = pass->next;
	unsigned long end = round_down(next, BITS_PER_LONG) + words * BITS_PER_LONG;
	struct dirtylog_mapping *mapping;
	unsigned long first, nr;
	bool folds = false;

	end = min(end, pass->end);
	if (next >= end)
		return end;

	first = next << tracker->order;
	nr = min(end << tracker->order, log->nr_pages) - first;
	list_for_each_entry(mapping, &log->mappings, node) {
		if (mapping->ops->fold) {
			mapping->ops->fold(mapping, pass->owner, first, nr);
			folds = true;
		}
	}
	return folds ? end : pass->end;
}

/* What was gone through since pass_begin(): @granules were shown or taken. */
static void pass_end(struct dirtylog_tracker *tracker,
		     enum dirtylog_pass_kind kind,
		     const struct dirtylog_pass *pass, unsigned long granules,
		     bool flush, int ret)
{
	struct dirtylog *log = tracker->log;

	if (flush)
		dirtylog_flush_mappings(log, pass->owner);
	dirtylog_count(&tracker->stats.passes[kind], 1);
	if (ret)
		dirtylog_count(&tracker->stats.failed, 1);
	trace_dirtylog_pass(tracker, kind, pass, granules, ret);
	mutex_unlock(&log->lock);
}

/* Counting costs a look at every bit: only if somebody wants to know. */
static unsigned long pass_granules(const struct dirtylog_chunk *chunk)
{
	if (!dirtylog_counting() && !trace_dirtylog_pass_enabled())
		return 0;
	return bitmap_weight(chunk->bits, chunk->nr);
}

static void pass_put_back(struct dirtylog_tracker *tracker,
			  const struct dirtylog_chunk *chunk)
{
	dirtylog_record_put_back(&tracker->record, chunk);
	dirtylog_count(&tracker->stats.put_back, pass_granules(chunk));
}

static int pass_interrupted(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* Show what is dirty; in a harvest, take and rearm it before. */
static int show_pass(struct dirtylog_tracker *tracker,
		     struct dirtylog_pass *pass, enum dirtylog_pass_kind kind)
{
	struct dirtylog *log = tracker->log;
	struct dirtylog_record *record = &tracker->record;
	unsigned long words = chunk_words(tracker);
	bool take = kind == DIRTYLOG_PASS_HARVEST;
	unsigned long folded = pass->first;
	unsigned long granules = 0;
	bool flush = false;
	int ret;

	ret = pass_begin(tracker, pass, pass->sink);
	if (ret)
		return ret;
	pass_sync(tracker, pass);

	for (;;) {
		struct dirtylog_chunk chunk;
		unsigned long nr;

		ret = pass_interrupted();
		if (ret)
			break;

		if (pass->next >= folded)
			folded = pass_fold(tracker, pass, words);
		dirtylog_record_scan(record, take ? DIRTYLOG_SCAN_TAKE :
						    DIRTYLOG_SCAN_PEEK,
				     pass->next, folded, words, tracker->buf,
				     &chunk);
		if (!chunk.nr) {
			pass->next = folded;
			if (folded >= pass->end)
				break;
			continue;
		}

		nr = pass_granules(&chunk);
		if (take) {
			flush = true;
			dirtylog_count(&tracker->stats.taken, nr);
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
				pass_put_back(tracker, &chunk);
			pass->next = max(chunk.first, pass->next);
			break;
		}
		pass->next = min(chunk.first + chunk.nr, pass->end);
		granules += nr;
		dirtylog_count(&tracker->stats.shown, nr);
		if (ret)
			break;
	}

	ret = min(ret, 0);
	pass_end(tracker, kind, pass, granules, flush, ret);
	return ret;
}

int dirtylog_harvest(struct dirtylog_tracker *tracker,
		     struct dirtylog_pass *pass)
{
	return show_pass(tracker, pass, DIRTYLOG_PASS_HARVEST);
}
EXPORT_SYMBOL_GPL(dirtylog_harvest);

int dirtylog_peek(struct dirtylog_tracker *tracker, struct dirtylog_pass *pass)
{
	return show_pass(tracker, pass, DIRTYLOG_PASS_PEEK);
}
EXPORT_SYMBOL_GPL(dirtylog_peek);

int dirtylog_protect_dirty(struct dirtylog_tracker *tracker, void *owner)
{
	struct dirtylog *log = tracker->log;
	unsigned long words = chunk_words(tracker);
	unsigned long end = tracker->record.nr_bits;
	unsigned long next = 0;
	int ret;

	while (next < end) {
		struct dirtylog_chunk chunk;

		ret = pass_interrupted();
		if (ret)
			return ret;
		dirtylog_record_scan(&tracker->record, DIRTYLOG_SCAN_PEEK, next,
				     end, words, tracker->buf, &chunk);
		if (!chunk.nr)
			break;
		ret = dirtylog_protect_chunk(log, owner, &chunk, tracker->order,
					     true);
		if (ret)
			return ret;
		next = chunk.first + chunk.nr;
	}
	return 0;
}

int dirtylog_rearm(struct dirtylog_tracker *tracker, struct dirtylog_pass *pass)
{
	struct dirtylog *log = tracker->log;
	struct dirtylog_record *record = &tracker->record;
	unsigned long words = chunk_words(tracker);
	unsigned long granules = 0;
	bool flush = false;
	int ret;

	ret = pass_begin(tracker, pass, pass->source);
	if (ret)
		return ret;

	for (;;) {
		struct dirtylog_chunk chunk;
		unsigned long end, nr = 0;

		ret = pass_interrupted();
		if (ret)
			break;

		dirtylog_record_scan(record, DIRTYLOG_SCAN_FIND, pass->next,
				     pass->end, words, tracker->buf, &chunk);
		if (!chunk.nr) {
			pass->next = pass->end;
			break;
		}

		pass->next = max(chunk.first, pass->next);
		end = min(chunk.first + chunk.nr, pass->end);
		ret = pass->source(pass->data, chunk.first, chunk.nr, tracker->buf);
		if (ret < 0)
			break;

		dirtylog_record_scan(record, DIRTYLOG_SCAN_TAKE_MASKED,
				     pass->next, end, words, tracker->buf, &chunk);
		if (chunk.nr) {
			flush = true;
			nr = pass_granules(&chunk);
			dirtylog_count(&tracker->stats.taken, nr);
			ret = dirtylog_protect_chunk(log, pass->owner, &chunk,
						     tracker->order, true);
			if (ret) {
				pass_put_back(tracker, &chunk);
				break;
			}
		}
		pass->next = end;
		granules += nr;
	}

	pass_end(tracker, DIRTYLOG_PASS_REARM, pass, granules, flush, ret);
	return ret;
}
EXPORT_SYMBOL_GPL(dirtylog_rearm);
