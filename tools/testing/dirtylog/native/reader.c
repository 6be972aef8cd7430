// SPDX-License-Identifier: GPL-2.0
/*
 * What a reader does: passes of all kinds, with everything that may go wrong.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "random.h"
#include "reader.h"

void reader_init(struct reader *reader, struct mock_vm *vm, unsigned int order)
{
	unsigned long nr_pages = vm->log.nr_pages;

	memset(reader, 0, sizeof(*reader));
	reader->vm = vm;
	reader->order = order;
	reader->shown = calloc(BITS_TO_LONGS(nr_pages), sizeof(long));
	reader->copy = calloc(nr_pages, sizeof(u32));
	if (!reader->shown || !reader->copy)
		fail("no memory");
}

void reader_free(struct reader *reader)
{
	free(reader->shown);
	free(reader->copy);
}

static void copy_frames(struct reader *reader, unsigned long first,
			unsigned long end)
{
	for (; first < end; first++)
		reader->copy[first] = READ_ONCE(reader->vm->memory[first]);
}

static void copy_granule(struct reader *reader, unsigned long granule)
{
	unsigned long first = granule << reader->order;

	copy_frames(reader, first, min(first + (1UL << reader->order),
				       reader->vm->log.nr_pages));
}

/* Granules that were shown, below @end. */
static void copy_shown(struct reader *reader, unsigned long end)
{
	unsigned long granule;

	for_each_set_bit(granule, reader->shown, end)
		copy_granule(reader, granule);
}

void reader_attach(struct reader *reader, unsigned int start)
{
	int ret;

	if (one_in(8))
		current->no_memory_in = 1 + random_below(2);
	if (one_in(8))
		current->fatal_in = 1;
	ret = dirtylog_attach(&reader->vm->log, &reader->tracker, reader->order,
			      start);
	if (ret && ret != -ENOMEM && ret != -EINTR)
		fail("attach: %d", ret);
	if (ret != -ENOMEM && current->no_memory_in)
		fail("an allocation was not there");
	if (ret == -EINTR && !current->fatal_in)
		fail("attach: a signal that nobody sent");
	current->fatal_in = 0;
	if (ret)
		return;

	reader->trackers++;
	/* A copy that is older than the start is worth nothing. */
	memset(reader->copy, 0xff, reader->vm->log.nr_pages * sizeof(u32));
	reader->copied = start != DIRTYLOG_START_ARM;
	if (start == DIRTYLOG_START_CLEAN)
		copy_frames(reader, 0, reader->vm->log.nr_pages);
}

void reader_detach(struct reader *reader)
{
	dirtylog_detach(&reader->tracker, reader->vm);
	reader->copied = false;
}

static void check_error(int ret)
{
	if (!ret || ret == -EIO)
		return;
	if (ret != -EINTR || current->fatal_in != 1)
		fail("a pass returned %d", ret);
}

static void reader_arm(struct reader *reader)
{
	int ret = dirtylog_arm(&reader->tracker, reader->vm);

	check_error(ret);
	if (ret) {
		reader->failed++;
		return;
	}
	copy_frames(reader, 0, reader->vm->log.nr_pages);
	reader->copied = true;
}

static int note(void *data, const struct dirtylog_chunk *chunk)
{
	struct reader *reader = data;
	unsigned long i, first = chunk->first / BITS_PER_LONG;

	for (i = 0; i < chunk->nr / BITS_PER_LONG; i++)
		reader->shown[first + i] |= chunk->bits[i];
	return 0;
}

static int note_or_fail(void *data, const struct dirtylog_chunk *chunk)
{
	if (one_in(8))
		return -EIO;
	note(data, chunk);
	return one_in(8) ? DIRTYLOG_STOP : 0;
}

/* For DIRTYLOG_FLUSH_CHUNKS: copies on the spot. */
static int copy_or_fail(void *data, const struct dirtylog_chunk *chunk)
{
	struct reader *reader = data;
	unsigned long bit;

	if (one_in(8))
		return -EIO;
	for_each_set_bit(bit, chunk->bits, chunk->nr)
		copy_granule(reader, chunk->first + bit);
	return 0;
}

static int name_shown(void *data, unsigned long first, unsigned long nr,
		      unsigned long *bits)
{
	struct reader *reader = data;

	if (one_in(8))
		return -EIO;
	memcpy(bits, reader->shown + first / BITS_PER_LONG, nr / 8);
	return 0;
}

static void peek_and_rearm(struct reader *reader, struct dirtylog_pass *pass)
{
	int ret;

	pass->sink = note;
	ret = dirtylog_peek(&reader->tracker, pass);
	check_error(ret);
	pass->source = name_shown;
	ret = dirtylog_rearm(&reader->tracker, pass);
	check_error(ret);
	reader->failed += !!ret;
	/* From there on nothing was cleared, and all will be shown again. */
	copy_shown(reader, pass->next);
}

static void harvest(struct reader *reader, struct dirtylog_pass *pass)
{
	int ret;

	if (one_in(4)) {
		pass->flags = DIRTYLOG_FLUSH_CHUNKS;
		pass->sink = copy_or_fail;
	} else {
		pass->sink = note_or_fail;
	}
	ret = dirtylog_harvest(&reader->tracker, pass);
	check_error(ret);
	reader->failed += !!ret;
	copy_shown(reader, pass->end);
}

void reader_step(struct reader *reader)
{
	unsigned long nr = dirtylog_nr_granules(&reader->tracker);
	struct dirtylog_pass pass = {
		.end	= nr,
		.owner	= reader->vm,
		.data	= reader,
	};

	if (one_in(16))
		current->fatal_in = 1 + random_below(8);
	if (!reader->copied) {
		reader_arm(reader);
	} else {
		if (one_in(2)) {
			pass.first = random_below(nr + 1);
			pass.end = pass.first + random_below(nr - pass.first + 1);
		}
		bitmap_zero(reader->shown, nr);
		if (one_in(3))
			peek_and_rearm(reader, &pass);
		else
			harvest(reader, &pass);
	}
	current->fatal_in = 0;
	reader->passes++;
}

void reader_finish(struct reader *reader)
{
	struct dirtylog_pass pass = {
		.end	= dirtylog_nr_granules(&reader->tracker),
		.owner	= reader->vm,
		.data	= reader,
		.sink	= note,
	};

	if (!reader->copied)
		return;
	bitmap_zero(reader->shown, pass.end);
	if (dirtylog_harvest(&reader->tracker, &pass))
		fail("the last harvest failed");
	copy_shown(reader, pass.end);
}

unsigned long reader_compare(const struct reader *reader)
{
	unsigned long nr = reader->vm->log.nr_pages, frame = 0;

	if (!reader->copied ||
	    !memcmp(reader->copy, reader->vm->memory, nr * sizeof(u32)))
		return nr;
	while (reader->copy[frame] == reader->vm->memory[frame])
		frame++;
	return frame;
}
