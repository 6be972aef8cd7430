// SPDX-License-Identifier: GPL-2.0
/*
 * Seeds that can be repeated, and how large a test is.
 */
#include <linux/module.h>
#include <linux/random.h>

#include "random.h"

static unsigned long long seed;
module_param(seed, ullong, 0444);
MODULE_PARM_DESC(seed, "seed of the random tests; 0: another one each time");

static unsigned int ops = 20000;
module_param(ops, uint, 0444);
MODULE_PARM_DESC(ops, "operations of the model-based random test");

static unsigned long frames;
module_param(frames, ulong, 0444);
MODULE_PARM_DESC(frames, "largest guest of the contract tests, for a slow kernel; 0: any");

void random_start(struct kunit *test, struct rnd_state *state)
{
	u64 start = seed ?: get_random_u64();

	kunit_info(test, "seed 0x%llx (repeat with dirtylog_kunit.seed=0x%llx)",
		   start, start);
	prandom_seed_state(state, start);
}

unsigned int random_ops(void)
{
	return ops;
}

bool test_is_too_large(unsigned long nr_pages)
{
	return frames && nr_pages > frames;
}

MODULE_DESCRIPTION("KUnit tests of the dirty log library");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_LICENSE("GPL");
