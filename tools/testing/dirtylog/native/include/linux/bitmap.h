/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_LINUX_BITMAP_H
#define _NATIVE_LINUX_BITMAP_H

#include <linux/bitops.h>
#include <linux/kernel.h>

static inline void bitmap_zero(unsigned long *map, unsigned long size)
{
	memset(map, 0, BITS_TO_LONGS(size) * sizeof(long));
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from,
			       unsigned long size)
{
	memcpy(to, from, BITS_TO_LONGS(size) * sizeof(long));
}

static inline void bitmap_set(unsigned long *map, unsigned long first,
			      unsigned long nr)
{
	for (; nr; first++, nr--)
		__set_bit(first, map);
}

static inline unsigned long bitmap_weight(const unsigned long *map,
					  unsigned long size)
{
	unsigned long bit, weight = 0;

	for_each_set_bit(bit, map, size)
		weight++;
	return weight;
}

#endif /* _NATIVE_LINUX_BITMAP_H */
