/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_DIRTYLOG_TESTS_RANDOM_H
#define _LIB_DIRTYLOG_TESTS_RANDOM_H

#include <linux/prandom.h>
#include <kunit/test.h>

/**
 * random_start() - begin a random sequence and print its seed
 * @test:	the test
 * @state:	the sequence
 *
 * The seed is that of the module parameter dirtylog_kunit.seed, if it is there.
 */
void random_start(struct kunit *test, struct rnd_state *state);

/* A number from 0 to @n - 1. */
static inline unsigned long random_below(struct rnd_state *state,
					 unsigned long n)
{
	return prandom_u32_state(state) % n;
}

/* A range [@first, @end) with at least one number of 0 to @n - 1 in it. */
static inline void random_range(struct rnd_state *state, unsigned long n,
				unsigned long *first, unsigned long *end)
{
	*first = random_below(state, n);
	*end = *first + 1 + random_below(state, n - *first);
}

/* Operations of a random test: dirtylog_kunit.ops. */
unsigned int random_ops(void);

/* Is a guest larger than dirtylog_kunit.frames, for a kernel that is slow? */
bool test_is_too_large(unsigned long nr_pages);

#endif /* _LIB_DIRTYLOG_TESTS_RANDOM_H */
