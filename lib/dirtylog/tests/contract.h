/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract: tests that any backend passes, through its rig.
 */
#ifndef _LIB_DIRTYLOG_TESTS_CONTRACT_H
#define _LIB_DIRTYLOG_TESTS_CONTRACT_H

#include <kunit/test.h>

#include "rig.h"

/**
 * struct contract_shape - where a log lies and how large it is
 * @base:	guest frame of its first
 * @nr_pages:	frames
 */
struct contract_shape {
	unsigned long base;
	unsigned long nr_pages;
};

const void *contract_shape_gen_params(const void *prev, char *desc);

/* Set up and check a test case of a suite. */
int contract_init(struct kunit *test, const struct rig_ops *ops);
void contract_exit(struct kunit *test);

void contract_writes(struct kunit *test);
void contract_rounds(struct kunit *test);
void contract_ranges(struct kunit *test);
void contract_peek_rearm(struct kunit *test);
void contract_write_in_sink(struct kunit *test);
void contract_sink_fails(struct kunit *test);
void contract_stops(struct kunit *test);
void contract_trackers(struct kunit *test);
void contract_attach_late(struct kunit *test);
void contract_large(struct kunit *test);
void contract_collapse(struct kunit *test);
void contract_flush_withheld(struct kunit *test);

/**
 * DIRTYLOG_CONTRACT_SUITE() - a KUnit suite of the contract for one rig
 * @suite:	name of the suite, an identifier
 * @ops:	the rig, a &struct rig_ops
 */
#define DIRTYLOG_CONTRACT_SUITE(suite, ops)				\
static int suite##_init(struct kunit *test)				\
{									\
	return contract_init(test, &(ops));				\
}									\
									\
static struct kunit_case suite##_cases[] = {				\
	KUNIT_CASE_PARAM(contract_writes, contract_shape_gen_params),	\
	KUNIT_CASE_PARAM(contract_rounds, contract_shape_gen_params),	\
	KUNIT_CASE_PARAM(contract_ranges, contract_shape_gen_params),	\
	KUNIT_CASE_PARAM(contract_peek_rearm, contract_shape_gen_params), \
	KUNIT_CASE_PARAM(contract_write_in_sink, contract_shape_gen_params), \
	KUNIT_CASE_PARAM(contract_sink_fails, contract_shape_gen_params), \
	KUNIT_CASE_PARAM(contract_stops, contract_shape_gen_params),	\
	KUNIT_CASE_PARAM(contract_trackers, contract_shape_gen_params),	\
	KUNIT_CASE_PARAM(contract_attach_late, contract_shape_gen_params), \
	KUNIT_CASE_PARAM(contract_large, contract_shape_gen_params),	\
	KUNIT_CASE_PARAM(contract_collapse, contract_shape_gen_params),	\
	KUNIT_CASE_PARAM(contract_flush_withheld, contract_shape_gen_params), \
	{}								\
};									\
									\
static struct kunit_suite suite = {					\
	.name = #suite,							\
	.init = suite##_init,						\
	.exit = contract_exit,						\
	.test_cases = suite##_cases,					\
}

#endif /* _LIB_DIRTYLOG_TESTS_CONTRACT_H */
