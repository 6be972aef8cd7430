// SPDX-License-Identifier: GPL-2.0
/*
 * Passes that end early: nothing is lost, and what was armed was flushed.
 */
#include <linux/bitmap.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "mock_vm.h"
#include "reader.h"

#define NR	(3 * DIRTYLOG_CHUNK_PAGES + 65)

/* A frame in each of the three chunks that a pass from frame 3 has. */
static const unsigned long dirty[] = { 10, 40000, 98000 };

struct fixture {
	struct mock_vm *vm;
	struct mock_mmu *mmu;
	struct reader *reader;
	unsigned int at;
	enum mock_point point;
};

static const unsigned int chunks[] = { 1, 2, 3 };

static void chunk_desc(const unsigned int *chunk, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "chunk %u", *chunk);
}

KUNIT_ARRAY_PARAM(chunk, chunks, chunk_desc);

static int fail_init(struct kunit *test)
{
	struct fixture *f = mock_zalloc(test, 1, sizeof(*f));
	unsigned int i;

	f->vm = mock_vm_create(test, 0, NR, 1);
	f->mmu = &f->vm->mmus[0];
	f->reader = reader_attach(test, &f->vm->rig, 0, DIRTYLOG_START_CLEAN);
	f->reader->data = f;
	for (i = 0; i < ARRAY_SIZE(dirty); i++)
		mock_guest_write(&f->mmu->vcpus[0], dirty[i], 1);
	mock_mmu_reset_counts(f->mmu);
	test->priv = f;
	return 0;
}

static void fail_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	mock_vm_check(f->vm, test);
	reader_check(f->reader, test);
}

static bool is_dirty(struct fixture *f, unsigned long frame)
{
	return test_bit(frame, f->reader->tracker.record.level[0]);
}

/*
 * @n chunks were dealt with, and one more was taken if @began. Then all goes on
 * as if nothing had happened.
 */
static void check_ended(struct kunit *test, unsigned int n, bool began)
{
	struct fixture *f = test->priv;
	struct reader *reader = f->reader;
	unsigned long first = n ? dirty[n - 1] + 1 : 3;
	unsigned int i;

	KUNIT_EXPECT_GE(test, reader->pass.next, first);
	if (n < ARRAY_SIZE(dirty))
		KUNIT_EXPECT_LE(test, reader->pass.next, dirty[n]);
	for (i = 0; i < ARRAY_SIZE(dirty); i++) {
		KUNIT_EXPECT_EQ(test, i >= n, is_dirty(f, dirty[i]));
		if (i < n)
			KUNIT_EXPECT_TRUE(test,
					  mock_mmu_is_armed(f->mmu, dirty[i]));
	}
	KUNIT_EXPECT_EQ(test, n || began, f->mmu->count[MOCK_FLUSH]);
	if (f->mmu->count[MOCK_FLUSH])
		KUNIT_EXPECT_GT(test, f->mmu->last[MOCK_FLUSH],
				f->mmu->last[MOCK_UNLOCK]);

	/* Written again, by way of a TLB entry if that is still there. */
	for (i = 0; i < ARRAY_SIZE(dirty); i++)
		mock_guest_write(&f->mmu->vcpus[0], dirty[i], 2);
	reader->fail_at = 0;
	reader->stop_at = 0;
	reader->on_chunk = NULL;
	f->mmu->hook = NULL;
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(dirty), reader_nr_shown(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

static void fail_sink(struct kunit *test)
{
	const unsigned int *chunk = test->param_value;
	struct fixture *f = test->priv;

	f->reader->fail_at = *chunk;
	KUNIT_EXPECT_EQ(test, -EIO, reader_harvest(f->reader, 3, NR));
	KUNIT_EXPECT_EQ(test, *chunk - 1, reader_nr_shown(f->reader));
	KUNIT_EXPECT_EQ(test, f->reader->pass.next,
			*chunk == 1 ? 3 : round_down(dirty[*chunk - 1],
						     BITS_PER_LONG));
	check_ended(test, *chunk - 1, true);
}

/* With a flush for each chunk, the failing one was flushed before. */
static void fail_sink_flush_chunks(struct kunit *test)
{
	const unsigned int *chunk = test->param_value;
	struct fixture *f = test->priv;

	f->reader->fail_at = *chunk;
	f->reader->flags = DIRTYLOG_FLUSH_CHUNKS;
	KUNIT_EXPECT_EQ(test, -EIO, reader_harvest(f->reader, 3, NR));
	KUNIT_EXPECT_EQ(test, *chunk, f->mmu->count[MOCK_FLUSH]);
	f->mmu->count[MOCK_FLUSH] = 1;
	check_ended(test, *chunk - 1, true);
}

static void fail_stop(struct kunit *test)
{
	const unsigned int *chunk = test->param_value;
	struct fixture *f = test->priv;

	f->reader->stop_at = *chunk;
	KUNIT_EXPECT_EQ(test, 0, reader_harvest(f->reader, 3, NR));
	KUNIT_EXPECT_EQ(test, *chunk, reader_nr_shown(f->reader));
	check_ended(test, *chunk, false);
}

/* Stopped after every chunk, and called again from where it ended. */
static void fail_resume(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct reader *reader = f->reader;
	unsigned int calls;

	reader->stop_at = 1;
	KUNIT_EXPECT_EQ(test, 0, reader_harvest(reader, 3, NR));
	for (calls = 1; reader->pass.next < NR && calls < 9; calls++) {
		reader->chunks = 0;
		reader->pass.first = reader->pass.next;
		KUNIT_EXPECT_EQ(test, 0, dirtylog_harvest(&reader->tracker,
							  &reader->pass));
	}
	KUNIT_EXPECT_EQ(test, 3, reader_nr_shown(reader));
	KUNIT_EXPECT_GE(test, calls, 3);
	KUNIT_EXPECT_LE(test, calls, 4);
	KUNIT_EXPECT_EQ(test, 3, f->mmu->count[MOCK_FLUSH]);
	f->mmu->count[MOCK_FLUSH] = 1;
	check_ended(test, 3, true);
}

static int fail_protect_at(struct mock_mmu *mmu, enum mock_point point)
{
	struct fixture *f = mmu->hook_data;

	if (point != MOCK_PROTECT || mmu->count[MOCK_PROTECT] != f->at)
		return 0;
	return -EAGAIN;
}

static void fail_protect(struct kunit *test)
{
	const unsigned int *chunk = test->param_value;
	struct fixture *f = test->priv;

	f->at = *chunk;
	mock_vm_hook(f->vm, fail_protect_at, f);
	KUNIT_EXPECT_EQ(test, -EAGAIN, reader_harvest(f->reader, 3, NR));
	KUNIT_EXPECT_EQ(test, *chunk - 1, f->reader->chunks);
	check_ended(test, *chunk - 1, true);
}

/* Some batches of a chunk are armed, then one fails: all are dirty again. */
static void fail_protect_in_chunk(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned long frame;

	for (frame = 0; frame < NR; frame += 2)
		mock_guest_write(&f->mmu->vcpus[1], frame, 5);
	f->at = 10;
	mock_vm_hook(f->vm, fail_protect_at, f);
	KUNIT_EXPECT_EQ(test, -EAGAIN, reader_harvest(f->reader, 3, NR));
	KUNIT_EXPECT_EQ(test, 3, f->reader->pass.next);
	KUNIT_EXPECT_EQ(test, 0, f->reader->chunks);
	KUNIT_EXPECT_EQ(test, 1, f->mmu->count[MOCK_FLUSH]);
	for (frame = 0; frame < NR; frame += 2)
		KUNIT_ASSERT_TRUE(test, is_dirty(f, frame));
	mock_vm_hook(f->vm, NULL, NULL);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(f->reader));
}

static void fail_rearm_source(struct kunit *test)
{
	const unsigned int *chunk = test->param_value;
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, 0, reader_peek(f->reader, 0, NR));
	bitmap_copy(f->reader->named, f->reader->shown, NR);
	f->reader->fail_at = *chunk;
	KUNIT_EXPECT_EQ(test, -EIO, reader_rearm(f->reader, 3, NR));
	check_ended(test, *chunk - 1, false);
}

static void fail_rearm_protect(struct kunit *test)
{
	const unsigned int *chunk = test->param_value;
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, 0, reader_peek(f->reader, 0, NR));
	bitmap_copy(f->reader->named, f->reader->shown, NR);
	f->at = *chunk;
	mock_vm_hook(f->vm, fail_protect_at, f);
	KUNIT_EXPECT_EQ(test, -EAGAIN, reader_rearm(f->reader, 3, NR));
	check_ended(test, *chunk - 1, true);
}

/* The test's own thread gets SIGKILL while it is in a pass. */
static void kill_me(void)
{
	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
}

static void survive(void)
{
	flush_signals(current);
	disallow_signal(SIGKILL);
}

static int kill_in_chunk(struct reader *reader)
{
	struct fixture *f = reader->data;

	if (reader->chunks == f->at)
		kill_me();
	return 0;
}

static void fail_killed_in_sink(struct kunit *test)
{
	const unsigned int *chunk = test->param_value;
	struct fixture *f = test->priv;
	int ret;

	f->at = *chunk;
	f->reader->on_chunk = kill_in_chunk;
	ret = reader_harvest(f->reader, 3, NR);
	survive();
	KUNIT_EXPECT_EQ(test, -EINTR, ret);
	KUNIT_EXPECT_EQ(test, *chunk, reader_nr_shown(f->reader));
	check_ended(test, *chunk, false);
}

static int kill_in_op(struct mock_mmu *mmu, enum mock_point point)
{
	struct fixture *f = mmu->hook_data;

	if (point == f->point && mmu->count[point] == f->at)
		kill_me();
	return 0;
}

static const enum mock_point batch_points[] = { MOCK_PREPARE, MOCK_PROTECT };

static void batch_point_desc(const enum mock_point *point, char *desc)
{
	strscpy(desc, *point == MOCK_PREPARE ? "prepare" : "protect",
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(batch_point, batch_points, batch_point_desc);

/* Killed in the first of two batches of a chunk: the second is left, put back. */
static void fail_killed_in_batch(struct kunit *test)
{
	const enum mock_point *point = test->param_value;
	unsigned long more = dirty[1] + 1000, frame;
	struct fixture *f = test->priv;
	int ret;

	for (frame = more; frame < more + DIRTYLOG_BATCH_PAGES; frame++)
		mock_guest_write(&f->mmu->vcpus[0], frame, 1);
	f->at = 2;
	f->point = *point;
	mock_vm_hook(f->vm, kill_in_op, f);
	ret = reader_harvest(f->reader, 3, NR);
	survive();
	mock_vm_hook(f->vm, NULL, NULL);
	KUNIT_EXPECT_EQ(test, -EINTR, ret);
	KUNIT_EXPECT_EQ(test, 1, reader_nr_shown(f->reader));
	KUNIT_EXPECT_EQ(test, 2, f->mmu->count[*point]);
	KUNIT_EXPECT_TRUE(test, is_dirty(f, more));
	KUNIT_EXPECT_EQ(test, 1, f->mmu->count[MOCK_FLUSH]);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_EQ(test, 2 + DIRTYLOG_BATCH_PAGES, reader_nr_shown(f->reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(f->reader));
}

/* Killed before the first chunk: nothing was done at all. */
static void fail_killed_before(struct kunit *test)
{
	struct fixture *f = test->priv;
	int harvest, peek, rearm;

	bitmap_fill(f->reader->named, NR);
	kill_me();
	harvest = reader_harvest(f->reader, 3, NR);
	peek = reader_peek(f->reader, 3, NR);
	rearm = reader_rearm(f->reader, 3, NR);
	survive();
	KUNIT_EXPECT_EQ(test, -EINTR, harvest);
	KUNIT_EXPECT_EQ(test, -EINTR, peek);
	KUNIT_EXPECT_EQ(test, -EINTR, rearm);
	check_ended(test, 0, false);
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE_PARAM(fail_sink, chunk_gen_params),
	KUNIT_CASE_PARAM(fail_sink_flush_chunks, chunk_gen_params),
	KUNIT_CASE_PARAM(fail_stop, chunk_gen_params),
	KUNIT_CASE(fail_resume),
	KUNIT_CASE_PARAM(fail_protect, chunk_gen_params),
	KUNIT_CASE(fail_protect_in_chunk),
	KUNIT_CASE_PARAM(fail_rearm_source, chunk_gen_params),
	KUNIT_CASE_PARAM(fail_rearm_protect, chunk_gen_params),
	KUNIT_CASE_PARAM(fail_killed_in_sink, chunk_gen_params),
	KUNIT_CASE_PARAM(fail_killed_in_batch, batch_point_gen_params),
	KUNIT_CASE(fail_killed_before),
	{}
};

static struct kunit_suite fail_suite = {
	.name = "dirtylog_fail",
	.init = fail_init,
	.exit = fail_exit,
	.test_cases = fail_cases,
};

kunit_test_suite(fail_suite);
