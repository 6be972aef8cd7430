/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_RANDOM_H
#define _NATIVE_RANDOM_H

#include <linux/types.h>

extern __thread u64 random_state;

/* Each thread has a sequence of its own. */
void random_seed(u64 seed);

/* A number from 0 to @n - 1. */
static inline u64 random_below(u64 n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 11) % n;
}

static inline bool one_in(u64 n)
{
	return !random_below(n);
}

#endif /* _NATIVE_RANDOM_H */
