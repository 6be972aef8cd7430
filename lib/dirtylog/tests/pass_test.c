// SPDX-License-Identifier: GPL-2.0
/*
 * Harvest, peek and rearm: what they show, take and arm.
 */
#include <linux/bitmap.h>
#include <kunit/test.h>

#include "mock_vm.h"
#include "random.h"
#include "reader.h"

/* More than three chunks, with a tail. */
#define NR	(3 * DIRTYLOG_CHUNK_PAGES + 65)

struct fixture {
	struct mock_vm *vm;
	struct mock_mmu *mmu;
	struct reader *reader;
	unsigned long *written;
	u32 value;
};

static int pass_init(struct kunit *test)
{
	struct fixture *f = mock_zalloc(test, 1, sizeof(*f));

	f->vm = mock_vm_create(test, 0, NR, 1);
	f->mmu = &f->vm->mmus[0];
	f->reader = reader_attach(test, &f->vm->rig, 0, DIRTYLOG_START_CLEAN);
	f->written = mock_zalloc(test, BITS_TO_LONGS(NR), sizeof(long));
	test->priv = f;
	return 0;
}

static void pass_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	mock_vm_check(f->vm, test);
	reader_check(f->reader, test);
}

static void write_frame(struct fixture *f, unsigned long frame)
{
	struct mock_vcpu *vcpu = &f->mmu->vcpus[f->value % MOCK_VCPUS];

	mock_guest_write(vcpu, frame, ++f->value);
	__set_bit(frame, f->written);
}

static void write_some(struct fixture *f, struct rnd_state *rnd, unsigned int n)
{
	unsigned long frame = 0, i;

	for (i = 0; i < n; i++) {
		/* Sparse, then dense. */
		frame = i % 4 ? (frame + 1) % NR : random_below(rnd, NR);
		write_frame(f, frame);
	}
}

/* What was written, all of it, nothing else, and once. */
static void pass_exact(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rnd_state rnd;
	unsigned int round;

	random_start(test, &rnd);
	for (round = 0; round < 20; round++) {
		bitmap_zero(f->written, NR);
		mock_mmu_reset_counts(f->mmu);
		write_some(f, &rnd, 1 << round % 12);
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(f->reader));
		KUNIT_ASSERT_EQ(test, NR, f->reader->pass.next);
		KUNIT_ASSERT_TRUE(test, bitmap_equal(f->reader->shown,
						     f->written, NR));
		KUNIT_ASSERT_TRUE(test, bitmap_equal(f->mmu->named, f->written,
						     NR));
		KUNIT_ASSERT_EQ(test, NR, reader_diff(f->reader));

		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(f->reader));
		KUNIT_ASSERT_EQ(test, 0, f->reader->chunks);
		KUNIT_ASSERT_EQ(test, 1, f->mmu->count[MOCK_FLUSH]);
	}
}

/* Ranges that begin and end anywhere: what is outside stays, and stays open. */
static void pass_ranges(struct kunit *test)
{
	static const unsigned long edges[] = { 0, 1, 63, 64, 65, 127, 128, 511,
					       512, 513, 32767, 32768, 32769 };
	struct fixture *f = test->priv;
	unsigned long i, j, first, end, frame;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		for (j = i; j < ARRAY_SIZE(edges); j++) {
			first = edges[i];
			end = edges[j] + (i + j) % 2;
			for (frame = 0; frame < ARRAY_SIZE(edges); frame++)
				write_frame(f, edges[frame]);
			write_frame(f, NR - 1);
			KUNIT_ASSERT_EQ(test, 0, reader_harvest(f->reader, first,
								end));
			bitmap_copy(f->reader->peeked, f->reader->shown, NR);
			for (frame = 0; frame < ARRAY_SIZE(edges); frame++) {
				unsigned long edge = edges[frame];
				bool in = edge >= first && edge < end;

				KUNIT_ASSERT_EQ(test, in,
						reader_saw(f->reader, edge));
				KUNIT_ASSERT_EQ(test, in,
						mock_mmu_is_armed(f->mmu, edge));
			}
			KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(f->reader));
			KUNIT_ASSERT_FALSE(test,
					   bitmap_intersects(f->reader->peeked,
							     f->reader->shown,
							     NR));
			KUNIT_ASSERT_EQ(test, NR, reader_diff(f->reader));
		}
	}
}

static void pass_peek(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rnd_state rnd;
	unsigned int i;

	random_start(test, &rnd);
	write_some(f, &rnd, 3000);
	mock_mmu_reset_counts(f->mmu);
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, reader_peek(f->reader, 0, NR));
		KUNIT_ASSERT_TRUE(test, bitmap_equal(f->reader->shown,
						     f->written, NR));
		KUNIT_ASSERT_EQ(test, NR, f->reader->pass.next);
	}
	KUNIT_EXPECT_EQ(test, 2, f->mmu->count[MOCK_SYNC]);
	KUNIT_EXPECT_EQ(test, 0, f->mmu->count[MOCK_LOCK]);
	KUNIT_EXPECT_EQ(test, 0, f->mmu->count[MOCK_PROTECT]);
	KUNIT_EXPECT_EQ(test, 0, f->mmu->count[MOCK_FLUSH]);

	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_TRUE(test, bitmap_equal(f->reader->shown, f->written, NR));
}

/* A sink that ends a peek, in each of the two ways. */
static void pass_peek_ends(struct kunit *test)
{
	struct fixture *f = test->priv;

	write_frame(f, 10);
	write_frame(f, 40000);
	write_frame(f, 98000);
	f->reader->fail_at = 2;
	KUNIT_EXPECT_EQ(test, -EIO, reader_peek(f->reader, 3, NR));
	KUNIT_EXPECT_EQ(test, 40000, f->reader->pass.next);
	f->reader->fail_at = 0;

	f->reader->stop_at = 2;
	KUNIT_EXPECT_EQ(test, 0, reader_peek(f->reader, 3, NR));
	KUNIT_EXPECT_EQ(test, 2, reader_nr_shown(f->reader));
	KUNIT_EXPECT_GT(test, f->reader->pass.next, 40000);
	KUNIT_EXPECT_LE(test, f->reader->pass.next, 98000);
	f->reader->stop_at = 0;
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_EQ(test, 3, reader_nr_shown(f->reader));
}

/* Rearm clears what is named and dirty and in the range, and arms just that. */
static void pass_rearm(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct reader *reader = f->reader;
	unsigned long *want = mock_zalloc(test, BITS_TO_LONGS(NR), sizeof(long));
	unsigned long first, end, i;
	struct rnd_state rnd;
	unsigned int round;

	random_start(test, &rnd);
	for (round = 0; round < 40; round++) {
		write_some(f, &rnd, 2000);
		random_range(&rnd, NR, &first, &end);
		bitmap_zero(reader->named, NR);
		for (i = 0; i < 2000; i++)
			__set_bit(random_below(&rnd, NR), reader->named);
		bitmap_or(want, reader->named, f->written, NR);
		if (round % 2)
			bitmap_copy(reader->named, want, NR);

		bitmap_and(want, reader->named, f->written, NR);
		bitmap_clear(want, 0, first);
		bitmap_clear(want, end, NR - end);
		mock_mmu_reset_counts(f->mmu);
		KUNIT_ASSERT_EQ(test, 0, reader_rearm(reader, first, end));
		KUNIT_ASSERT_EQ(test, end, reader->pass.next);
		KUNIT_ASSERT_TRUE(test, bitmap_equal(f->mmu->named, want, NR));
		KUNIT_ASSERT_EQ(test, !bitmap_empty(want, NR),
				f->mmu->count[MOCK_FLUSH]);
		KUNIT_ASSERT_EQ(test, 0, f->mmu->count[MOCK_SYNC]);

		bitmap_andnot(f->written, f->written, want, NR);
		KUNIT_ASSERT_EQ(test, 0, reader_peek(reader, 0, NR));
		KUNIT_ASSERT_TRUE(test, bitmap_equal(reader->shown, f->written,
						     NR));
		for_each_set_bit(i, want, NR)
			KUNIT_ASSERT_TRUE(test, mock_mmu_is_armed(f->mmu, i));
	}
}

/* What is written between peek and rearm, next to what is named, stays. */
static void pass_rearm_keeps_new(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct reader *reader = f->reader;

	write_frame(f, 64);
	write_frame(f, 70);
	KUNIT_ASSERT_EQ(test, 0, reader_peek(reader, 0, NR));
	bitmap_copy(reader->named, reader->shown, NR);
	write_frame(f, 65);
	write_frame(f, 70);
	write_frame(f, 128);
	KUNIT_ASSERT_EQ(test, 0, reader_rearm(reader, 0, NR));
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(f->mmu, 70));
	KUNIT_EXPECT_FALSE(test, mock_mmu_is_armed(f->mmu, 65));

	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 2, reader_nr_shown(reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, 65));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, 128));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

static int write_in_source(struct reader *reader)
{
	struct fixture *f = reader->data;

	/* Named and clean, named and dirty, not named, far behind. */
	write_frame(f, 66);
	write_frame(f, 67);
	write_frame(f, 68);
	write_frame(f, 90000);
	return 0;
}

static void pass_rearm_source_writes(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct reader *reader = f->reader;

	write_frame(f, 67);
	__set_bit(66, reader->named);
	__set_bit(67, reader->named);
	reader->on_chunk = write_in_source;
	reader->data = f;
	KUNIT_ASSERT_EQ(test, 0, reader_rearm(reader, 0, 1000));
	reader->on_chunk = NULL;
	KUNIT_EXPECT_EQ(test, 1, reader->chunks);
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(f->mmu, 66));
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(f->mmu, 67));

	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, 2, reader_nr_shown(reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, 68));
	KUNIT_EXPECT_TRUE(test, reader_saw(reader, 90000));
}

/* A source is not asked where nothing is dirty, and nothing is done there. */
static void pass_rearm_clean(struct kunit *test)
{
	struct fixture *f = test->priv;

	bitmap_fill(f->reader->named, NR);
	mock_mmu_reset_counts(f->mmu);
	KUNIT_ASSERT_EQ(test, 0, reader_rearm(f->reader, 0, NR));
	KUNIT_EXPECT_EQ(test, 0, f->reader->chunks);

	/* Dirty, but nothing named. */
	write_frame(f, 5);
	bitmap_zero(f->reader->named, NR);
	KUNIT_ASSERT_EQ(test, 0, reader_rearm(f->reader, 0, NR));
	KUNIT_EXPECT_EQ(test, 1, f->reader->chunks);
	KUNIT_EXPECT_EQ(test, 0, f->mmu->count[MOCK_LOCK]);
	KUNIT_EXPECT_EQ(test, 0, f->mmu->count[MOCK_FLUSH]);
}

/* A summary that stands for a word without a bit, as a mark beside a scan leaves it. */
static void pass_rearm_spurious(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned long *summary = f->reader->tracker.record.level[1];

	__set_bit(10, summary);
	bitmap_fill(f->reader->named, NR);
	mock_mmu_reset_counts(f->mmu);
	KUNIT_ASSERT_EQ(test, 0, reader_rearm(f->reader, 0, NR));
	KUNIT_EXPECT_EQ(test, 1, f->reader->chunks);
	KUNIT_EXPECT_EQ(test, NR, f->reader->pass.next);
	KUNIT_EXPECT_EQ(test, 0, f->mmu->count[MOCK_LOCK]);
	KUNIT_EXPECT_EQ(test, 0, f->mmu->count[MOCK_FLUSH]);
	KUNIT_EXPECT_FALSE(test, test_bit(10, summary));
}

/* One flush for each pass, after the last unlock, and none for nothing. */
static void pass_one_flush(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rnd_state rnd;

	random_start(test, &rnd);
	write_some(f, &rnd, 5000);
	mock_mmu_reset_counts(f->mmu);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_GE(test, f->reader->chunks, 3);
	KUNIT_EXPECT_GE(test, f->mmu->count[MOCK_UNLOCK], 3);
	KUNIT_EXPECT_EQ(test, 1, f->mmu->count[MOCK_SYNC]);
	KUNIT_EXPECT_EQ(test, 1, f->mmu->count[MOCK_FLUSH]);
	KUNIT_EXPECT_GT(test, f->mmu->last[MOCK_FLUSH],
			f->mmu->last[MOCK_UNLOCK]);

	mock_mmu_reset_counts(f->mmu);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_EQ(test, 0, f->mmu->count[MOCK_FLUSH]);
	KUNIT_EXPECT_EQ(test, 0, f->mmu->count[MOCK_LOCK]);
}

static int count_flushes(struct reader *reader)
{
	struct fixture *f = reader->data;
	struct mock_mmu *mmu = f->mmu;

	mock_mmu_check(mmu, mmu->count[MOCK_FLUSH] == reader->chunks,
		       "a chunk shown before its flush");
	mock_mmu_check(mmu, mmu->last[MOCK_FLUSH] > mmu->last[MOCK_PROTECTED],
		       "flushed before protect");
	return 0;
}

static void pass_flush_chunks(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rnd_state rnd;

	random_start(test, &rnd);
	write_some(f, &rnd, 5000);
	mock_mmu_reset_counts(f->mmu);
	f->reader->flags = DIRTYLOG_FLUSH_CHUNKS;
	f->reader->on_chunk = count_flushes;
	f->reader->data = f;
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_GE(test, f->reader->chunks, 3);
	KUNIT_EXPECT_EQ(test, f->reader->chunks, f->mmu->count[MOCK_FLUSH]);
}

/* Somebody else made the entry read-only and has not flushed yet (rule 6). */
static void pass_flush_though_read_only(struct kunit *test)
{
	struct fixture *f = test->priv;

	write_frame(f, 321);
	mock_mmu_write_protect(f->mmu, 321);
	KUNIT_EXPECT_FALSE(test, mock_mmu_entry_writable(f->mmu, 321));
	KUNIT_EXPECT_FALSE(test, mock_mmu_is_armed(f->mmu, 321));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(f->mmu, 321));

	write_frame(f, 321);
	mock_mmu_write_protect(f->mmu, 321);
	KUNIT_ASSERT_EQ(test, 0, reader_peek(f->reader, 0, NR));
	__set_bit(321, f->reader->named);
	KUNIT_ASSERT_EQ(test, 0, reader_rearm(f->reader, 0, NR));
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(f->mmu, 321));
}

/* Contended at every question: the lock is dropped between any two batches. */
static void pass_gives_way(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned long frame;

	for (frame = 0; frame < NR; frame++)
		write_frame(f, frame);
	f->mmu->contend = 1;
	mock_mmu_reset_counts(f->mmu);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_EQ(test, DIV_ROUND_UP(NR, DIRTYLOG_BATCH_PAGES),
			f->mmu->count[MOCK_PROTECT]);
	KUNIT_EXPECT_EQ(test, f->mmu->count[MOCK_LOCK],
			f->mmu->count[MOCK_PROTECT]);
	KUNIT_EXPECT_EQ(test, f->mmu->count[MOCK_UNLOCK],
			f->mmu->count[MOCK_LOCK]);
	KUNIT_EXPECT_EQ(test, 1, f->mmu->count[MOCK_FLUSH]);
	KUNIT_EXPECT_EQ(test, NR, reader_diff(f->reader));
	for (frame = 0; frame < NR; frame++)
		KUNIT_ASSERT_TRUE(test, mock_mmu_is_armed(f->mmu, frame));
}

/* Only what is not optional. */
static void pass_minimal_ops(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct dirtylog_ops ops = {
		.protect = mock_mmu_ops.protect,
		.flush = mock_mmu_ops.flush,
		.arm = mock_mmu_ops.arm,
	};

	dirtylog_unmap(&f->vm->log, &f->mmu->mapping, f->vm);
	f->mmu->mapping.ops = &ops;
	f->mmu->locked = true;	/* as protect wants it */
	KUNIT_ASSERT_EQ(test, 0, dirtylog_map(&f->vm->log, &f->mmu->mapping));
	write_frame(f, 1000);
	KUNIT_EXPECT_EQ(test, 0, reader_peek(f->reader, 0, NR));
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(f->reader));
	KUNIT_EXPECT_TRUE(test, reader_saw(f->reader, 1000));
	KUNIT_EXPECT_TRUE(test, mock_mmu_is_armed(f->mmu, 1000));
	dirtylog_detach(&f->reader->tracker, f->vm);
	/* That lock was not there for flush either. */
	f->mmu->violation = NULL;
}

static struct kunit_case pass_cases[] = {
	KUNIT_CASE(pass_exact),
	KUNIT_CASE(pass_ranges),
	KUNIT_CASE(pass_peek),
	KUNIT_CASE(pass_peek_ends),
	KUNIT_CASE(pass_rearm),
	KUNIT_CASE(pass_rearm_keeps_new),
	KUNIT_CASE(pass_rearm_source_writes),
	KUNIT_CASE(pass_rearm_clean),
	KUNIT_CASE(pass_rearm_spurious),
	KUNIT_CASE(pass_one_flush),
	KUNIT_CASE(pass_flush_chunks),
	KUNIT_CASE(pass_flush_though_read_only),
	KUNIT_CASE(pass_gives_way),
	KUNIT_CASE(pass_minimal_ops),
	{}
};

static struct kunit_suite pass_suite = {
	.name = "dirtylog_pass",
	.init = pass_init,
	.exit = pass_exit,
	.test_cases = pass_cases,
};

kunit_test_suite(pass_suite);
