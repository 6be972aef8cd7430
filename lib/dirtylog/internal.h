/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_DIRTYLOG_INTERNAL_H
#define _LIB_DIRTYLOG_INTERNAL_H

#include <linux/dirtylog.h>

#include "record.h"

/**
 * dirtylog_protect_chunk() - arm the granules of a chunk in all mappings
 * @log:	the log, with its harvest lock held
 * @owner:	handed to the ops
 * @chunk:	granules of 2^@order frames
 * @order:	see above
 *
 * Return: 0; -EINTR on a fatal signal; what a protect op returned. On error any
 * part of the chunk may have been armed.
 */
int dirtylog_protect_chunk(struct dirtylog *log, void *owner,
			   const struct dirtylog_chunk *chunk,
			   unsigned int order);

/**
 * dirtylog_arm_mappings() - arm every frame in all mappings and flush
 * @log:	the log, with its harvest lock held
 * @owner:	handed to the ops
 *
 * Return: 0, or what an arm op returned; flushed all the same.
 */
int dirtylog_arm_mappings(struct dirtylog *log, void *owner);

/**
 * dirtylog_flush_mappings() - flush all mappings
 * @log:	the log, with its harvest lock held
 * @owner:	handed to the ops
 */
void dirtylog_flush_mappings(struct dirtylog *log, void *owner);

#endif /* _LIB_DIRTYLOG_INTERNAL_H */
