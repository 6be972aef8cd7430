// SPDX-License-Identifier: GPL-2.0
/*
 * Random numbers that can be repeated: xorshift64*, seeded through splitmix64
 * so that neighbouring seeds and streams have nothing in common.
 */
#include "precopy.h"

void rng_init(struct rng *rng, u64 seed, u64 stream)
{
	u64 z = seed + (stream + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	z ^= z >> 31;
	rng->state = z ? z : 1;
}

u64 rng_next(struct rng *rng)
{
	u64 x = rng->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	rng->state = x;
	return (x * 0x2545f4914f6cdd1d) >> 16;
}
