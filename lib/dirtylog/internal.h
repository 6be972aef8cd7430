/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_DIRTYLOG_INTERNAL_H
#define _LIB_DIRTYLOG_INTERNAL_H

#include <linux/dirtylog.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>

#include "record.h"
#include "stats.h"

/**
 * dirtylog_chunk_words() - how many words a tracker's chunks have at most
 * @nr_bits:	granules in its record
 * @order:	a granule is 2^@order frames
 *
 * So many that a chunk is of %DIRTYLOG_CHUNK_PAGES frames, if a word is not of more.
 * But from 256 on no more than a sixteenth of the record, beside which the buffer
 * for a chunk is then small.
 *
 * Return: 1 to %DIRTYLOG_CHUNK_WORDS.
 */
static inline unsigned long dirtylog_chunk_words(unsigned long nr_bits,
						 unsigned int order)
{
	unsigned long all = BITS_TO_LONGS(nr_bits);
	unsigned long most = clamp(all / 16, 256, DIRTYLOG_CHUNK_WORDS);
	unsigned long words = DIRTYLOG_CHUNK_WORDS >> order;

	return min3(all, most, max(words, 1));
}

/**
 * dirtylog_lock_class() - the subclass of the harvest lock, for lockdep
 * @is_new:	nobody else can reach the log yet
 *
 * Who makes a log may hold a lock that others take within read-side sections which a
 * sync or a quiesce op waits for (KVM: slots_arch_lock, within kvm->srcu). Under the
 * lock of a log that is in use, that would be a deadlock; nobody waits for a new one's.
 *
 * Return: the subclass.
 */
static inline unsigned int dirtylog_lock_class(bool is_new)
{
	return is_new ? SINGLE_DEPTH_NESTING : 0;
}

/**
 * dirtylog_alloc_buf() - the buffer of a tracker's chunks
 * @nr_bits:	granules in its record
 * @order:	a granule is 2^@order frames
 *
 * Context: may sleep.
 * Return: zeroed words for the largest chunk there can be, or NULL.
 */
unsigned long *dirtylog_alloc_buf(unsigned long nr_bits, unsigned int order);

/**
 * dirtylog_tracker_free() - free what dirtylog_attach() allocated
 * @tracker:	a tracker that marks cannot find
 *
 * Context: may sleep.
 */
void dirtylog_tracker_free(struct dirtylog_tracker *tracker);

/**
 * dirtylog_protect_chunk() - arm the granules of a chunk in all mappings
 * @log:	the log
 * @owner:	handed to the ops
 * @chunk:	granules of 2^@order frames
 * @order:	see above
 * @killable:	give up on a fatal signal
 *
 * Context: may sleep; the harvest lock is held.
 * Return: 0; -EINTR on a fatal signal; what a protect op returned. On error any
 * part of the chunk may have been armed. A flush is owed in any case.
 */
int dirtylog_protect_chunk(struct dirtylog *log, void *owner,
			   const struct dirtylog_chunk *chunk,
			   unsigned int order, bool killable);

/**
 * dirtylog_arm_mappings() - arm every frame in all mappings
 * @log:	the log
 * @owner:	handed to the ops
 *
 * Context: may sleep; the harvest lock is held.
 * Return: 0, or what an arm op returned. A flush is owed in any case.
 */
int dirtylog_arm_mappings(struct dirtylog *log, void *owner);

/**
 * dirtylog_protect_dirty() - arm what is dirty in a tracker, and take nothing
 * @tracker:	a live tracker
 * @owner:	handed to the ops
 *
 * Context: may sleep; the harvest lock is held.
 * Return: 0; -EINTR on a fatal signal; what a protect op returned. A flush is owed
 * in any case.
 */
int dirtylog_protect_dirty(struct dirtylog_tracker *tracker, void *owner);

/**
 * dirtylog_flush_mappings() - flush all mappings
 * @log:	the log
 * @owner:	handed to the ops
 *
 * Context: may sleep; the harvest lock is held.
 */
void dirtylog_flush_mappings(struct dirtylog *log, void *owner);

#endif /* _LIB_DIRTYLOG_INTERNAL_H */
