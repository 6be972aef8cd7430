// SPDX-License-Identifier: GPL-2.0
/*
 * Marks of lists and ranges, and where marks are legal.
 */
#include <linux/bitmap.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/spinlock.h>
#include <kunit/test.h>

#include "mock_mmu.h"
#include "random.h"

#define NR	(5 * 4096 + 77UL)

struct marked {
	struct dirtylog log;
	struct dirtylog_tracker trackers[4];
	unsigned long *expected;
	unsigned long *seen;
	u32 *memory;
	u32 *copy;
};

static const unsigned int orders[] = { 0, 1, 5, 9 };

static void marked_destroy(void *data)
{
	struct marked *m = data;

	dirtylog_destroy(&m->log);
}

static struct marked *marked_create(struct kunit *test, unsigned long nr)
{
	struct marked *m = mock_zalloc(test, 1, sizeof(*m));
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&m->log, nr));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, marked_destroy, m));
	for (i = 0; i < ARRAY_SIZE(orders); i++)
		KUNIT_ASSERT_EQ(test, 0,
				dirtylog_attach(&m->log, &m->trackers[i],
						orders[i],
						DIRTYLOG_START_CLEAN));
	m->expected = mock_zalloc(test, BITS_TO_LONGS(nr), sizeof(long));
	m->seen = mock_zalloc(test, BITS_TO_LONGS(nr), sizeof(long));
	return m;
}

static int see(void *data, const struct dirtylog_chunk *chunk)
{
	struct marked *m = data;
	unsigned long bit;

	for_each_set_bit(bit, chunk->bits, chunk->nr)
		__set_bit(chunk->first + bit, m->seen);
	return 0;
}

static void harvest(struct kunit *test, struct marked *m, unsigned int i)
{
	struct dirtylog_pass pass = {
		.end	= dirtylog_nr_granules(&m->trackers[i]),
		.data	= m,
		.sink	= see,
	};

	bitmap_zero(m->seen, m->log.nr_pages);
	KUNIT_ASSERT_EQ(test, 0, dirtylog_harvest(&m->trackers[i], &pass));
}

/* Each tracker has what is expected, in its granules, and nothing else. */
static void check(struct kunit *test, struct marked *m)
{
	unsigned long nr = m->log.nr_pages;
	unsigned long *granules = kunit_kcalloc(test, BITS_TO_LONGS(nr),
						sizeof(long), GFP_KERNEL);
	unsigned long frame;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, granules);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		bitmap_zero(granules, nr);
		for_each_set_bit(frame, m->expected, nr)
			__set_bit(frame >> orders[i], granules);
		harvest(test, m, i);
		KUNIT_ASSERT_TRUE_MSG(test, bitmap_equal(granules, m->seen, nr),
				      "order %u", orders[i]);
	}
	bitmap_zero(m->expected, nr);
}

static void mark_array(struct kunit *test)
{
	struct marked *m = marked_create(test, NR);
	unsigned long frames[64];
	struct rnd_state rnd;
	unsigned int round, i;

	random_start(test, &rnd);
	for (round = 0; round < 50; round++) {
		unsigned int nr = random_below(&rnd, ARRAY_SIZE(frames) + 1);

		for (i = 0; i < nr; i++) {
			frames[i] = random_below(&rnd, NR);
			/* A list may have a frame twice. */
			if (i && !(i % 7))
				frames[i] = frames[i - 1];
			__set_bit(frames[i], m->expected);
		}
		dirtylog_mark_array(&m->log, frames, nr);
		check(test, m);
	}
}

static void mark_range_ends(struct kunit *test)
{
	struct marked *m = marked_create(test, 4 * BITS_PER_LONG + 3);
	unsigned long nr = m->log.nr_pages;
	unsigned long first, end;

	dirtylog_mark_range(&m->log, 0, 0);
	dirtylog_mark_range(&m->log, nr, 0);
	check(test, m);
	for (first = 0; first < nr; first += 1 + first % 5) {
		for (end = first + 1; end <= nr; end += 1 + end % 3) {
			bitmap_set(m->expected, first, end - first);
			dirtylog_mark_range(&m->log, first, end - first);
			check(test, m);
		}
	}
}

/* Over bits that are set, and on top of each other. */
static void mark_range_random(struct kunit *test)
{
	struct marked *m = marked_create(test, NR);
	unsigned long first, end;
	struct rnd_state rnd;
	unsigned int round;

	random_start(test, &rnd);
	for (round = 0; round < 300; round++) {
		random_range(&rnd, NR, &first, &end);
		bitmap_set(m->expected, first, end - first);
		if (first < end && round % 3 == 0)
			dirtylog_mark(&m->log, first);
		dirtylog_mark_range(&m->log, first, end - first);
		if (round % 4 == 0)
			check(test, m);
	}
	check(test, m);
}

/* More than one large entry: every level, and the pieces fit together. */
static void mark_range_huge(struct kunit *test)
{
	unsigned long nr = (3UL << DIRTYLOG_MAX_ORDER) + 5;
	struct marked *m = marked_create(test, nr);

	bitmap_set(m->expected, 3, nr - 4);
	dirtylog_mark_range(&m->log, 3, nr - 4);
	check(test, m);
	bitmap_set(m->expected, 0, nr);
	dirtylog_mark_range(&m->log, 0, nr);
	check(test, m);
}

struct range_writer {
	struct marked *m;
	struct rnd_state rnd;
	unsigned long rounds;
};

static int write_ranges(void *data)
{
	struct range_writer *w = data;
	struct marked *m = w->m;
	unsigned long first, end, frame;
	u32 value = 0;

	while (!kthread_should_stop()) {
		random_range(&w->rnd, NR, &first, &end);
		end = min(end, first + 600);
		value++;
		for (frame = first; frame < end; frame++)
			WRITE_ONCE(m->memory[frame], value);
		dirtylog_mark_range(&m->log, first, end - first);
		WRITE_ONCE(w->rounds, w->rounds + 1);
		cond_resched();
	}
	return 0;
}

static void stop_writer(void *task)
{
	kthread_stop(task);
}

/* A direct writer that marks ranges, and a reader that copies what it is shown. */
static void mark_range_harvested(struct kunit *test)
{
	struct marked *m = marked_create(test, NR);
	struct range_writer *w = mock_zalloc(test, 1, sizeof(*w));
	struct task_struct *task;
	unsigned long frame;
	unsigned int round;

	m->memory = mock_zalloc(test, NR, sizeof(u32));
	m->copy = mock_zalloc(test, NR, sizeof(u32));
	w->m = m;
	random_start(test, &w->rnd);
	task = kthread_run(write_ranges, w, "dirtylog/ranges");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, stop_writer, task));
	for (round = 0; round < 400 || READ_ONCE(w->rounds) < 400; round++) {
		harvest(test, m, 0);
		for_each_set_bit(frame, m->seen, NR)
			m->copy[frame] = READ_ONCE(m->memory[frame]);
		cond_resched();
	}
	kunit_release_action(test, stop_writer, task);

	harvest(test, m, 0);
	for_each_set_bit(frame, m->seen, NR)
		m->copy[frame] = m->memory[frame];
	KUNIT_EXPECT_EQ(test, 0, memcmp(m->copy, m->memory, NR * sizeof(u32)));
}

static DEFINE_RAW_SPINLOCK(raw_lock);

/* As under rq->lock, where KVM marks its steal time: lockdep is the judge. */
static void mark_in_atomic_context(struct kunit *test)
{
	struct marked *m = marked_create(test, NR);
	unsigned long frames[] = { 1, NR - 1 };
	unsigned long flags;

	bitmap_set(m->expected, 0, 2);
	bitmap_set(m->expected, 500, 1000);
	bitmap_set(m->expected, NR - 2, 2);

	raw_spin_lock_irqsave(&raw_lock, flags);
	dirtylog_mark(&m->log, 0);
	dirtylog_mark_after_rmw(&m->log, NR - 2);
	dirtylog_mark_array(&m->log, frames, ARRAY_SIZE(frames));
	dirtylog_mark_range(&m->log, 500, 1000);
	raw_spin_unlock_irqrestore(&raw_lock, flags);
	check(test, m);
}

static struct kunit_case mark_cases[] = {
	KUNIT_CASE(mark_array),
	KUNIT_CASE(mark_range_ends),
	KUNIT_CASE(mark_range_random),
	KUNIT_CASE(mark_range_huge),
	KUNIT_CASE(mark_range_harvested),
	KUNIT_CASE(mark_in_atomic_context),
	{}
};

static struct kunit_suite mark_suite = {
	.name = "dirtylog_mark",
	.test_cases = mark_cases,
};

kunit_test_suite(mark_suite);
