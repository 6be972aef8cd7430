// SPDX-License-Identifier: GPL-2.0
/*
 * From taken granules to armed frames: batches, the backend's lock, giving way.
 * Modelled in tools/testing/dirtylog/model/pass.pml, one page a batch.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#define CREATE_TRACE_POINTS
#include <trace/events/dirtylog.h>

#include "internal.h"

#define BATCH_WORDS	(DIRTYLOG_BATCH_PAGES / BITS_PER_LONG)

/* Walks the batches of a chunk. */
struct batches {
	const struct dirtylog *log;
	const struct dirtylog_chunk *chunk;
	unsigned int order;
	/* Frames. */
	unsigned long next, end;
	struct dirtylog_batch batch;
	unsigned long bits[BATCH_WORDS];
	DECLARE_BITMAP(words, DIRTYLOG_CHUNK_WORDS);
};

static void batches_init(struct batches *b, const struct dirtylog *log,
			 const struct dirtylog_chunk *chunk, unsigned int order)
{
	b->log = log;
	b->chunk = chunk;
	b->order = order;
	b->next = chunk->first << order;
	b->end = min((chunk->first + chunk->nr) << order, log->nr_pages);
	b->batch.words = b->words;
}

/* A batch of frames: whole words of the chunk, from one that is not zero to another. */
static bool batches_gather(struct batches *b)
{
	const struct dirtylog_chunk *chunk = b->chunk;
	unsigned long word = (b->next - chunk->first) / BITS_PER_LONG;
	unsigned long words = chunk->nr / BITS_PER_LONG;
	unsigned long first, last;
	unsigned int frames = 0;

	first = dirtylog_next_word(chunk->words, words, word);
	if (first >= words)
		return false;

	last = first;
	for (word = first; word < words;
	     word = dirtylog_next_word(chunk->words, words, word + 1)) {
		frames += hweight_long(chunk->bits[word]);
		if (frames > DIRTYLOG_BATCH_PAGES)
			break;
		__set_bit(word - first, b->words);
		last = word;
	}

	b->batch.first = chunk->first + first * BITS_PER_LONG;
	b->batch.bits = chunk->bits + first;
	b->next = min(chunk->first + (last + 1) * BITS_PER_LONG, b->end);
	b->batch.nr = b->next - b->batch.first;
	return true;
}

/* A batch of granules that are larger: what of them is in so many frames. */
static bool batches_widen(struct batches *b)
{
	const struct dirtylog_chunk *chunk = b->chunk;
	unsigned long bit = (b->next >> b->order) - chunk->first;
	unsigned long last, end;

	bit = find_next_bit(chunk->bits, chunk->nr, bit);
	if (bit >= chunk->nr)
		return false;

	b->next = max(b->next, (chunk->first + bit) << b->order);
	b->next = round_down(b->next, BITS_PER_LONG);
	if (b->next >= b->end)
		return false;

	end = min(b->next + DIRTYLOG_BATCH_PAGES, b->end);
	last = ((end - 1) >> b->order) - chunk->first;
	bitmap_zero(b->bits, DIRTYLOG_BATCH_PAGES);
	for_each_set_bit_from(bit, chunk->bits, last + 1) {
		unsigned long from = (chunk->first + bit) << b->order;
		unsigned long to = min(from + (1UL << b->order), end);

		from = max(from, b->next);
		bitmap_set(b->bits, from - b->next, to - from);
	}

	b->batch.first = b->next;
	b->batch.bits = b->bits;
	b->batch.nr = end - b->next;
	bitmap_set(b->words, 0, BITS_TO_LONGS(b->batch.nr));
	b->next = end;
	return true;
}

static bool batches_next(struct batches *b)
{
	if (b->next >= b->end)
		return false;
	bitmap_zero(b->words, DIRTYLOG_CHUNK_WORDS);
	return b->order ? batches_widen(b) : batches_gather(b);
}

static void count_batch(struct dirtylog *log, const struct dirtylog_batch *batch)
{
	dirtylog_count(&log->stats.batches, 1);
	dirtylog_count(&log->stats.frames,
		       bitmap_weight(batch->bits, batch->nr));
}

/*
 * Why the lock should be dropped before a batch of @nr frames; 0 if it need not. A
 * lock that was only just taken is not dropped, or two who wait for each other
 * would get nowhere.
 */
static unsigned int relax_reasons(struct dirtylog_mapping *mapping, void *owner,
				  unsigned long held, unsigned int nr)
{
	const struct dirtylog_ops *ops = mapping->ops;
	unsigned int why = 0;

	if (!held)
		return 0;
	if (need_resched())
		why |= DIRTYLOG_RELAX_RESCHED;
	if (held + nr > DIRTYLOG_CHUNK_PAGES)
		why |= DIRTYLOG_RELAX_HELD;
	if (ops->contended && ops->contended(mapping, owner))
		why |= DIRTYLOG_RELAX_CONTENDED;
	return why;
}

static int protect_batches(struct dirtylog_mapping *mapping, void *owner,
			   struct batches *b, bool killable)
{
	const struct dirtylog_ops *ops = mapping->ops;
	unsigned long held = 0;
	int ret = 0;

	if (ops->lock)
		ops->lock(mapping, owner);

	while (batches_next(b)) {
		unsigned int why = relax_reasons(mapping, owner, held,
						 b->batch.nr);

		if (why) {
			dirtylog_count(&mapping->log->stats.relaxes, 1);
			trace_dirtylog_relax(mapping, held, why);
			if (ops->unlock)
				ops->unlock(mapping, owner);
			if (!cond_resched())
				cpu_relax();
			if (ops->lock)
				ops->lock(mapping, owner);
			held = 0;
		}
		if (killable && fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		if (dirtylog_counting())
			count_batch(mapping->log, &b->batch);
		trace_dirtylog_batch(mapping, &b->batch);
		ret = ops->protect(mapping, owner, &b->batch);
		/* A pass would take it for DIRTYLOG_STOP. */
		if (WARN_ON_ONCE(ret > 0))
			ret = -EINVAL;
		if (ret)
			break;
		held += b->batch.nr;
	}

	if (ops->unlock)
		ops->unlock(mapping, owner);
	return ret;
}

int dirtylog_protect_chunk(struct dirtylog *log, void *owner,
			   const struct dirtylog_chunk *chunk,
			   unsigned int order, bool killable)
{
	struct dirtylog_mapping *mapping;
	struct batches b;
	int ret;

	list_for_each_entry(mapping, &log->mappings, node) {
		const struct dirtylog_ops *ops = mapping->ops;

		if (ops->prepare) {
			batches_init(&b, log, chunk, order);
			while (batches_next(&b)) {
				ops->prepare(mapping, owner, &b.batch);
				cond_resched();
				if (killable && fatal_signal_pending(current))
					return -EINTR;
			}
		}
		batches_init(&b, log, chunk, order);
		ret = protect_batches(mapping, owner, &b, killable);
		if (ret)
			return ret;
	}
	return 0;
}

void dirtylog_flush_mappings(struct dirtylog *log, void *owner)
{
	struct dirtylog_mapping *mapping;

	dirtylog_count(&log->stats.flushes, 1);
	trace_dirtylog_flush(log);
	list_for_each_entry(mapping, &log->mappings, node)
		mapping->ops->flush(mapping, owner);
}

int dirtylog_arm_mappings(struct dirtylog *log, void *owner)
{
	struct dirtylog_mapping *mapping;
	int ret = 0;

	list_for_each_entry(mapping, &log->mappings, node) {
		ret = mapping->ops->arm(mapping, owner);
		if (ret)
			break;
	}
	return ret;
}

int dirtylog_protect(struct dirtylog *log, void *owner, unsigned long first,
		     unsigned long mask)
{
	unsigned int shift = first % BITS_PER_LONG;
	unsigned long bits[2];
	struct dirtylog_chunk chunk = {
		.first	= first - shift,
		.nr	= 2 * BITS_PER_LONG,
		.bits	= bits,
	};
	unsigned long left;
	int ret;

	if (first >= log->nr_pages)
		return 0;
	left = log->nr_pages - first;
	if (left < BITS_PER_LONG)
		mask &= GENMASK(left - 1, 0);
	if (!mask)
		return 0;
	bits[0] = mask << shift;
	bits[1] = shift ? mask >> (BITS_PER_LONG - shift) : 0;
	chunk.words[0] = (bits[0] ? BIT(0) : 0) | (bits[1] ? BIT(1) : 0);

	/* Not killable: there is no record to put the frames back into. */
	mutex_lock(&log->lock);
	ret = dirtylog_protect_chunk(log, owner, &chunk, 0, false);
	mutex_unlock(&log->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(dirtylog_protect);

int dirtylog_protect_all(struct dirtylog *log, void *owner)
{
	int ret;

	mutex_lock(&log->lock);
	ret = dirtylog_arm_mappings(log, owner);
	mutex_unlock(&log->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(dirtylog_protect_all);

void dirtylog_flush(struct dirtylog *log, void *owner)
{
	mutex_lock(&log->lock);
	dirtylog_flush_mappings(log, owner);
	mutex_unlock(&log->lock);
}
EXPORT_SYMBOL_GPL(dirtylog_flush);
