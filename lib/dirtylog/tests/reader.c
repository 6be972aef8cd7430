// SPDX-License-Identifier: GPL-2.0
/*
 * A reader that keeps a copy of guest memory.
 */
#include <linux/bitmap.h>
#include <linux/sched.h>

#include "../internal.h"
#include "mock_mmu.h"
#include "reader.h"

/* Before its storage goes, and before its guest does. */
static void reader_release(void *data)
{
	struct reader *reader = data;

	if (reader->tracker.log)
		dirtylog_detach(&reader->tracker, reader->rig->owner);
}

struct reader *reader_alloc(struct kunit *test, struct rig *rig,
			    unsigned int order)
{
	struct reader *reader = mock_zalloc(test, 1, sizeof(*reader));
	unsigned long nr_pages = rig->log->nr_pages;

	reader->rig = rig;
	reader->order = order;
	reader->nr = DIV_ROUND_UP(nr_pages, 1UL << order);
	reader->copy = mock_zalloc(test, nr_pages, sizeof(*reader->copy));
	reader->shown = mock_zalloc(test, BITS_TO_LONGS(reader->nr),
				    sizeof(long));
	reader->peeked = mock_zalloc(test, BITS_TO_LONGS(reader->nr),
				     sizeof(long));
	reader->named = mock_zalloc(test, BITS_TO_LONGS(reader->nr),
				    sizeof(long));
	reader->error = -EIO;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, reader_release,
							   reader));
	return reader;
}

int reader_start(struct reader *reader, unsigned int start)
{
	return dirtylog_attach(reader->rig->log, &reader->tracker,
			       reader->order, start);
}

int reader_arm(struct reader *reader)
{
	int ret = dirtylog_arm(&reader->tracker, reader->rig->owner);

	if (!ret) {
		bitmap_fill(reader->shown, reader->nr);
		reader_copy(reader, reader->shown);
		bitmap_zero(reader->shown, reader->nr);
	}
	return ret;
}

struct reader *reader_attach(struct kunit *test, struct rig *rig,
			     unsigned int order, unsigned int start)
{
	struct reader *reader = reader_alloc(test, rig, order);

	KUNIT_ASSERT_EQ(test, 0, reader_start(reader, start));
	KUNIT_ASSERT_EQ(test, reader->nr,
			dirtylog_nr_granules(&reader->tracker));
	KUNIT_ASSERT_EQ(test, 0, reader_arm(reader));
	return reader;
}

static void check(struct reader *reader, bool ok, const char *what)
{
	if (!ok && !reader->violation)
		reader->violation = what;
}

static void check_granule(struct reader *reader, unsigned long granule)
{
	check(reader, granule >= reader->next, "granule shown too late");
	check(reader, granule < reader->pass.end, "granule beyond the range");
}

static void check_chunk(struct reader *reader,
			const struct dirtylog_chunk *chunk)
{
	unsigned long most = dirtylog_chunk_words(reader->tracker.record.nr_bits,
						  reader->order);
	unsigned long words = chunk->nr / BITS_PER_LONG;
	unsigned long bit;

	check(reader, mutex_is_locked(&reader->rig->log->lock),
	      "sink without the harvest lock");
	check(reader, words && words <= most, "length of a chunk");
	check(reader, chunk->nr <= DIRTYLOG_CHUNK_PAGES, "length of any chunk");
	check(reader, chunk->nr <= max(DIRTYLOG_CHUNK_PAGES >> reader->order,
				       BITS_PER_LONG), "frames of a chunk");
	check(reader, !(chunk->first % BITS_PER_LONG), "chunk not aligned");
	check(reader, !(chunk->nr % BITS_PER_LONG), "chunk of half a word");
	check(reader, chunk->bits[0] && chunk->bits[words - 1],
	      "chunk begins or ends with nothing");
	check(reader, chunk->first + chunk->nr > reader->next,
	      "chunk not in rising order");
	for_each_set_bit(bit, chunk->bits, chunk->nr)
		check_granule(reader, chunk->first + bit);
}

static int next_chunk(struct reader *reader)
{
	reader->chunks++;
	if (reader->on_chunk) {
		int ret = reader->on_chunk(reader);

		if (ret)
			return ret;
	}
	return reader->chunks == reader->fail_at ? reader->error : 0;
}

static int sink(void *data, const struct dirtylog_chunk *chunk)
{
	struct reader *reader = data;
	unsigned long bit;
	int ret;

	check_chunk(reader, chunk);
	ret = next_chunk(reader);
	if (ret)
		return ret;
	for_each_set_bit(bit, chunk->bits, chunk->nr)
		__set_bit(chunk->first + bit, reader->shown);
	reader->next = chunk->first + chunk->nr;
	return reader->chunks == reader->stop_at ? DIRTYLOG_STOP : 0;
}

static int name_granules(void *data, unsigned long first, unsigned long nr,
			 unsigned long *bits)
{
	struct reader *reader = data;
	unsigned long i, granule;
	int ret;

	check(reader, nr && nr <= DIRTYLOG_CHUNK_PAGES, "length of a source");
	check(reader, !(first % BITS_PER_LONG), "source not aligned");
	check(reader, !(nr % BITS_PER_LONG), "source of half a word");
	check(reader, first + nr > reader->next, "source not in rising order");
	check(reader, first < reader->pass.end, "source beyond the range");
	bitmap_zero(bits, nr);
	ret = next_chunk(reader);
	if (ret)
		return ret;
	for (i = 0; i < nr; i++) {
		granule = first + i;
		/* Beyond the record anything may be named. */
		if (granule >= reader->nr || test_bit(granule, reader->named))
			__set_bit(i, bits);
	}
	reader->next = first + nr;
	return 0;
}

static void prepare_pass(struct reader *reader, unsigned long first,
			 unsigned long end)
{
	bitmap_zero(reader->shown, reader->nr);
	reader->chunks = 0;
	reader->next = first;
	reader->pass = (struct dirtylog_pass) {
		.first	= first,
		.end	= end,
		.next	= first,
		.flags	= reader->flags,
		.owner	= reader->rig->owner,
		.data	= reader,
		.sink	= sink,
		.source	= name_granules,
	};
}

int reader_harvest(struct reader *reader, unsigned long first,
		   unsigned long end)
{
	int ret;

	prepare_pass(reader, first, end);
	ret = dirtylog_harvest(&reader->tracker, &reader->pass);
	bitmap_zero(reader->peeked, reader->nr);
	reader_copy(reader, reader->shown);
	return ret;
}

int reader_harvest_all(struct reader *reader)
{
	return reader_harvest(reader, 0, reader->nr);
}

int reader_peek(struct reader *reader, unsigned long first, unsigned long end)
{
	int ret;

	prepare_pass(reader, first, end);
	ret = dirtylog_peek(&reader->tracker, &reader->pass);
	bitmap_copy(reader->peeked, reader->shown, reader->nr);
	return ret;
}

int reader_rearm(struct reader *reader, unsigned long first, unsigned long end)
{
	int ret;

	prepare_pass(reader, first, end);
	ret = dirtylog_rearm(&reader->tracker, &reader->pass);

	bitmap_and(reader->shown, reader->named, reader->peeked, reader->nr);
	bitmap_clear(reader->shown, 0, first);
	bitmap_clear(reader->shown, reader->pass.next,
		     reader->nr - reader->pass.next);
	bitmap_andnot(reader->peeked, reader->peeked, reader->shown, reader->nr);
	reader_copy(reader, reader->shown);
	return ret;
}

void reader_copy(struct reader *reader, const unsigned long *granules)
{
	struct rig *rig = reader->rig;
	unsigned long granule, frame, end;

	for_each_set_bit(granule, granules, reader->nr) {
		frame = granule << reader->order;
		end = min(frame + (1UL << reader->order), rig->log->nr_pages);
		for (; frame < end; frame++)
			reader->copy[frame] = rig->ops->read(rig, frame);
	}
}

unsigned long reader_diff(struct reader *reader)
{
	struct rig *rig = reader->rig;
	unsigned long frame;

	for (frame = 0; frame < rig->log->nr_pages; frame++) {
		if (reader->copy[frame] != rig->ops->read(rig, frame))
			break;
	}
	return frame;
}

unsigned long reader_nr_shown(struct reader *reader)
{
	return bitmap_weight(reader->shown, reader->nr);
}

bool reader_saw(struct reader *reader, unsigned long granule)
{
	return test_bit(granule, reader->shown);
}

void reader_check(struct reader *reader, struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, reader->violation ?: "", "");
}
