// SPDX-License-Identifier: GPL-2.0
/*
 * A flat record.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>

#include "flat.h"
#include "internal.h"

#define CHUNK_WORDS	DIRTYLOG_CHUNK_WORDS

void flat_init(struct flat *flat, struct dirtylog *log)
{
	flat->log = log;
	flat->bits = calloc(BITS_TO_LONGS(log->nr_pages), sizeof(long));
	flat->second = calloc(BITS_TO_LONGS(log->nr_pages), sizeof(long));
	if (!flat->bits || !flat->second)
		fail("no memory");
}

void flat_free(struct flat *flat)
{
	free(flat->bits);
	free(flat->second);
}

void flat_mark(struct flat *flat, unsigned long frame)
{
	if (frame < flat->log->nr_pages)
		set_bit(frame, flat->bits);
}

/* Words @word to @end: take what is set. @clear: @buf is not zero where nothing is. */
static bool take(struct flat *flat, unsigned long word, unsigned long end,
		 unsigned long *buf, bool clear, struct dirtylog_chunk *chunk)
{
	unsigned long first = word, last = 0, i;
	bool found = false;

	bitmap_zero(chunk->words, CHUNK_WORDS);
	for (i = word; i < end; i++) {
		unsigned long *p = &flat->bits[i];

		if (!READ_ONCE(*p)) {
			if (clear)
				buf[i - word] = 0;
			continue;
		}
		buf[i - word] = xchg(p, 0);
		if (!found)
			first = i;
		found = true;
		__set_bit(i - first, chunk->words);
		last = i;
	}
	chunk->first = first * BITS_PER_LONG;
	chunk->nr = (last + 1 - first) * BITS_PER_LONG;
	chunk->bits = buf + first - word;
	return found;
}

static int harvest(struct flat *flat, struct dirtylog_pass *pass, bool stream)
{
	unsigned long word = pass->first / BITS_PER_LONG;
	unsigned long end = BITS_TO_LONGS(pass->end);
	unsigned long buf[CHUNK_WORDS];
	struct dirtylog_chunk chunk;
	bool flush = false;
	int ret = 0;

	if (mutex_lock_killable(&flat->log->lock))
		return -EINTR;
	if (!stream)
		memset(flat->second + word, 0, (end - word) * sizeof(long));
	for (; !ret && word < end; word += CHUNK_WORDS) {
		cond_resched();
		if (!take(flat, word, min(word + CHUNK_WORDS, end),
			  stream ? buf : flat->second + word, stream, &chunk))
			continue;
		flush = true;
		ret = dirtylog_protect_chunk(flat->log, pass->owner, &chunk, 0, true);
		if (!ret && stream)
			ret = pass->sink(pass->data, &chunk);
	}
	if (flush)
		dirtylog_flush_mappings(flat->log, pass->owner);
	if (!ret && !stream) {
		chunk.first = 0;
		chunk.nr = end * BITS_PER_LONG;
		chunk.bits = flat->second;
		ret = pass->sink(pass->data, &chunk);
	}
	mutex_unlock(&flat->log->lock);
	return ret;
}

int flat_harvest(struct flat *flat, struct dirtylog_pass *pass)
{
	return harvest(flat, pass, false);
}

int flat_harvest_streamed(struct flat *flat, struct dirtylog_pass *pass)
{
	return harvest(flat, pass, true);
}
