/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract: tests that any backend passes, through its rig.
 */
#ifndef _LIB_DIRTYLOG_TESTS_CONTRACT_H
#define _LIB_DIRTYLOG_TESTS_CONTRACT_H

#include <linux/prandom.h>
#include <kunit/test.h>

#include "reader.h"
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

/**
 * struct contract - a test case's guest and who reads it, in &kunit.priv
 * @rig:	the guest
 * @nr:		its frames
 * @rnd:	random choices
 * @readers:	readers
 * @nr_readers:	how many of them there are
 * @value:	what was stored last
 */
struct contract {
	struct rig *rig;
	unsigned long nr;
	struct rnd_state rnd;
	struct reader *readers[3];
	unsigned int nr_readers;
	u32 value;
};

const void *contract_shape_gen_params(const void *prev, char *desc);
const void *contract_model_gen_params(const void *prev, char *desc);
const void *contract_threads_gen_params(const void *prev, char *desc);

/* Set up and check a test case of a suite. */
int contract_init(struct kunit *test,
		  struct rig *(*create)(struct kunit *test, unsigned long base,
					unsigned long nr_pages));
void contract_exit(struct kunit *test);

/* Another reader of the guest, not attached yet. */
struct reader *contract_reader(struct kunit *test, unsigned int order);

/* Another reader, live. */
struct reader *contract_attach(struct kunit *test, unsigned int order);

/* One of the vCPUs, or a direct writer, stores a value of its own. */
void contract_write(struct contract *guest, unsigned long frame);

/* Writers have stopped: the last harvest of all live readers; copies are right. */
void contract_check_copies(struct kunit *test);

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
void contract_split(struct kunit *test);
void contract_collapse(struct kunit *test);
void contract_reclaim(struct kunit *test);
void contract_flush_withheld(struct kunit *test);
void contract_model(struct kunit *test);
void contract_threads(struct kunit *test);
void contract_threads_trackers(struct kunit *test);
void contract_threads_flush_withheld(struct kunit *test);

/* A suite of @cases on guests that @create makes. */
#define __DIRTYLOG_CONTRACT_SUITE(suite, create, cases...)		\
static int suite##_init(struct kunit *test)				\
{									\
	return contract_init(test, create);				\
}									\
									\
static struct kunit_case suite##_cases[] = { cases, {} };		\
									\
static struct kunit_suite suite = {					\
	.name = #suite,							\
	.init = suite##_init,						\
	.exit = contract_exit,						\
	.test_cases = suite##_cases,					\
}

/**
 * DIRTYLOG_CONTRACT_SUITE() - the contract that each backend passes
 * @suite:	name of a KUnit suite, an identifier
 * @create:	makes a guest of so many pages, of which the first is guest frame base.
 *		It lives as long as the test, and has all mappings in place, nothing
 *		populated and no tracker. Fails the test if that is not possible
 */
#define DIRTYLOG_CONTRACT_SUITE(suite, create)				\
	__DIRTYLOG_CONTRACT_SUITE(suite, create,			\
		KUNIT_CASE_PARAM(contract_writes,			\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_rounds,			\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_ranges,			\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_peek_rearm,			\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_write_in_sink,		\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_sink_fails,			\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_stops,			\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_trackers,			\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_attach_late,			\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_model,			\
				 contract_model_gen_params),		\
		KUNIT_CASE_PARAM(contract_threads,			\
				 contract_threads_gen_params),		\
		KUNIT_CASE_PARAM(contract_threads_trackers,		\
				 contract_threads_gen_params))

/* Besides: for backends with large entries. As DIRTYLOG_CONTRACT_SUITE(). */
#define DIRTYLOG_CONTRACT_LARGE_SUITE(suite, create)			\
	__DIRTYLOG_CONTRACT_SUITE(suite, create,			\
		KUNIT_CASE_PARAM(contract_large,			\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_split,			\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_collapse,			\
				 contract_shape_gen_params))

/* For rigs whose pages can be reclaimed. */
#define DIRTYLOG_CONTRACT_RECLAIM_SUITE(suite, create)			\
	__DIRTYLOG_CONTRACT_SUITE(suite, create,			\
		KUNIT_CASE_PARAM(contract_reclaim,			\
				 contract_shape_gen_params))

/* For rigs whose TLBs keep what they have from one access to the next. */
#define DIRTYLOG_CONTRACT_TLB_SUITE(suite, create)			\
	__DIRTYLOG_CONTRACT_SUITE(suite, create,			\
		KUNIT_CASE_PARAM(contract_flush_withheld,		\
				 contract_shape_gen_params),		\
		KUNIT_CASE_PARAM(contract_threads_flush_withheld,	\
				 contract_threads_gen_params))

#endif /* _LIB_DIRTYLOG_TESTS_CONTRACT_H */
