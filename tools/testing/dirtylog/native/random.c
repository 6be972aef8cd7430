// SPDX-License-Identifier: GPL-2.0
/*
 * Random numbers that can be repeated.
 */
#include "random.h"

__thread u64 random_state = 1;

void random_seed(u64 seed)
{
	int i;

	/* Never zero, and neighbours have nothing in common after a few steps. */
	random_state = (seed + 1) * 0x9e3779b97f4a7c15ULL | 1ULL << 63;
	for (i = 0; i < 8; i++)
		random_below(1);
}
