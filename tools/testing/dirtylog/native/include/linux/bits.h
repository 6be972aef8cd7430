/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_LINUX_BITS_H
#define _NATIVE_LINUX_BITS_H

#define BITS_PER_LONG		64
#define BITS_TO_LONGS(nr)	(((nr) + BITS_PER_LONG - 1) / BITS_PER_LONG)

#define BIT(n)			(1UL << (n))
#define BIT_WORD(nr)		((nr) / BITS_PER_LONG)
#define BIT_MASK(nr)		BIT((nr) % BITS_PER_LONG)
/* Bits @high to @low. */
#define GENMASK(high, low)	\
	((~0UL >> (BITS_PER_LONG - 1 - (high))) & (~0UL << (low)))

#endif /* _NATIVE_LINUX_BITS_H */
