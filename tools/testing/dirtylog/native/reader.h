/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reader: a tracker, and a copy that is made of what it reports and nothing else.
 */
#ifndef _NATIVE_READER_H
#define _NATIVE_READER_H

#include <linux/dirtylog.h>

#include "mock_vm.h"

/**
 * struct reader - one reader
 * @vm:		whose memory it copies
 * @tracker:	attached if its log is not NULL
 * @order:	of the tracker
 * @copied:	it is live, and what was there before has been copied
 * @shown:	granules that the pass at hand has shown, or is to rearm
 * @copy:	the copy, by frame
 * @passes:	how many
 * @failed:	of them, those that ended with an error
 * @trackers:	how often it was attached
 */
struct reader {
	struct mock_vm *vm;
	struct dirtylog_tracker tracker;
	unsigned int order;
	bool copied;
	unsigned long *shown;
	u32 *copy;
	unsigned long passes;
	unsigned long failed;
	unsigned long trackers;
};

void reader_init(struct reader *reader, struct mock_vm *vm, unsigned int order);
void reader_free(struct reader *reader);

/*
 * Attach, now and then without success; @start as for dirtylog_attach(). Whoever
 * says CLEAN knows that nobody writes.
 */
void reader_attach(struct reader *reader, unsigned int start);
void reader_detach(struct reader *reader);

/* A random pass over a random range, which may fail; or the next step to be live. */
void reader_step(struct reader *reader);

/* Nobody writes any more: take all that is left. */
void reader_finish(struct reader *reader);

/* Return: the first frame whose copy is wrong; how many frames there are if none is. */
unsigned long reader_compare(const struct reader *reader);

#endif /* _NATIVE_READER_H */
