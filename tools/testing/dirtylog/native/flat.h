/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the engine is measured against: one bitmap, of which a harvest exchanges each
 * word that is not zero; into a second bitmap of that size, which is cleared before
 * and shown when all is over, as KVM does; or into the buffer of a chunk, which is
 * the least that a flat record can do. The same log, lock, ops and sink.
 */
#ifndef _NATIVE_FLAT_H
#define _NATIVE_FLAT_H

#include <linux/dirtylog.h>

/**
 * struct flat - a flat record
 * @log:	whose frames
 * @bits:	one for each frame
 * @second:	what was taken
 */
struct flat {
	struct dirtylog *log;
	unsigned long *bits;
	unsigned long *second;
};

void flat_init(struct flat *flat, struct dirtylog *log);
void flat_free(struct flat *flat);

/* Set the bit, whether or not it is set. */
void flat_mark(struct flat *flat, unsigned long frame);

/* As dirtylog_harvest(): of @pass it takes the range, owner, data and sink. */
int flat_harvest(struct flat *flat, struct dirtylog_pass *pass);

/* The same without the second bitmap. */
int flat_harvest_streamed(struct flat *flat, struct dirtylog_pass *pass);

#endif /* _NATIVE_FLAT_H */
