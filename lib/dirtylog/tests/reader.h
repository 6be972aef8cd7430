/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reader that keeps a copy of guest memory, as a migration does, from nothing
 * but the granules that it is shown.
 */
#ifndef _LIB_DIRTYLOG_TESTS_READER_H
#define _LIB_DIRTYLOG_TESTS_READER_H

#include <linux/dirtylog.h>
#include <kunit/test.h>

#include "rig.h"

/**
 * struct reader - a tracker with a copy
 * @tracker:	its tracker
 * @rig:	the guest that it reads
 * @nr:		granules
 * @order:	frames of a granule, as a power of two
 * @copy:	a value for each frame
 * @shown:	granules that the last pass showed
 * @peeked:	granules that a peek showed and that were not taken since
 * @named:	granules that a rearm is to name
 * @pass:	the last pass
 * @flags:	for passes
 * @chunks:	chunks that the last pass handed over
 * @fail_at:	fail at this chunk, counted from 1, with @error
 * @stop_at:	stop after this chunk
 * @error:	see @fail_at
 * @on_chunk:	called in the sink and in the source; its error is theirs
 * @data:	for @on_chunk
 * @next:	the granule after the last chunk
 * @violation:	the first breach of the chunks' contract, or NULL
 */
struct reader {
	struct dirtylog_tracker tracker;
	struct rig *rig;
	unsigned long nr;
	unsigned int order;
	u32 *copy;
	unsigned long *shown;
	unsigned long *peeked;
	unsigned long *named;
	struct dirtylog_pass pass;
	unsigned int flags;
	unsigned int chunks;
	unsigned int fail_at, stop_at;
	int error;
	int (*on_chunk)(struct reader *reader);
	void *data;
	unsigned long next;
	const char *violation;
};

/**
 * reader_attach() - attach a reader to a guest and arm it
 * @test:	the test
 * @rig:	the guest
 * @order:	frames of a granule, as a power of two
 * @start:	how the tracker starts
 *
 * Return: the reader, live; the test fails and ends if that is not possible. Its
 * copy is that of the memory at the moment when it became live.
 */
struct reader *reader_attach(struct kunit *test, struct rig *rig,
			     unsigned int order, unsigned int start);

/* The same in steps: storage, attach (an errno), arm and copy (an errno). */
struct reader *reader_alloc(struct kunit *test, struct rig *rig,
			    unsigned int order);
int reader_start(struct reader *reader, unsigned int start);
int reader_arm(struct reader *reader);

/**
 * reader_harvest() - harvest granules, then copy what was shown
 * @reader:	the reader
 * @first:	the first granule
 * @end:	the granule after the last
 *
 * Return: what dirtylog_harvest() returned.
 */
int reader_harvest(struct reader *reader, unsigned long first,
		   unsigned long end);

/* Harvest everything. */
int reader_harvest_all(struct reader *reader);

/* As reader_harvest(), but nothing is taken and nothing copied. */
int reader_peek(struct reader *reader, unsigned long first, unsigned long end);

/*
 * Clear and arm the granules that are set in @named, then copy those of them that
 * the last peek showed.
 */
int reader_rearm(struct reader *reader, unsigned long first, unsigned long end);

/* Copy the frames of the granules in a bitmap. */
void reader_copy(struct reader *reader, const unsigned long *granules);

/* The first frame in which copy and memory differ, or the number of frames. */
unsigned long reader_diff(struct reader *reader);

/* Granules that the last pass showed. */
unsigned long reader_nr_shown(struct reader *reader);

/* Was this granule shown by the last pass? */
bool reader_saw(struct reader *reader, unsigned long granule);

/* Fail the test if a pass broke a rule of sinks. */
void reader_check(struct reader *reader, struct kunit *test);

#endif /* _LIB_DIRTYLOG_TESTS_READER_H */
