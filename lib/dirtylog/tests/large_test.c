// SPDX-License-Identifier: GPL-2.0
/*
 * What the core does for backends with large entries and with evidence in
 * entries: split, collapse, fold. And the wait for windows.
 */
#include <linux/bitmap.h>
#include <kunit/test.h>

#include "mock_mmu.h"

#define NR	1000UL

struct calls {
	unsigned int nr;
	const char *name[16];
	unsigned long first[16];
	unsigned long count[16];
};

/* A mapping whose entries are the only evidence of writes. */
struct evidence {
	struct dirtylog_mapping mapping;
	struct dirtylog log;
	struct dirtylog_tracker tracker;
	struct calls calls;
	/* Entries with a write that nobody has marked. */
	unsigned long written[BITS_TO_LONGS(NR)];
	unsigned long seen[BITS_TO_LONGS(NR)];
	/* Frames folded so far. */
	unsigned long folded;
	/* More frames than @written has bits. */
	bool nothing_written;
	int quiesce_ret;
};

static void note(struct evidence *e, const char *name, unsigned long first,
		 unsigned long count)
{
	struct calls *c = &e->calls;

	if (c->nr == ARRAY_SIZE(c->name))
		return;
	c->name[c->nr] = name;
	c->first[c->nr] = first;
	c->count[c->nr++] = count;
}

static struct evidence *to_evidence(struct dirtylog_mapping *mapping)
{
	return container_of(mapping, struct evidence, mapping);
}

static void ev_sync(struct dirtylog_mapping *mapping, void *owner)
{
	note(to_evidence(mapping), "sync", 0, 0);
}

static void ev_fold(struct dirtylog_mapping *mapping, void *owner,
		    unsigned long first, unsigned long nr)
{
	struct evidence *e = to_evidence(mapping);
	unsigned long frame = first;

	note(e, "fold", first, nr);
	e->folded += nr;
	if (e->nothing_written)
		return;
	for_each_set_bit_from(frame, e->written, first + nr) {
		__clear_bit(frame, e->written);
		dirtylog_mark(&e->log, frame);
	}
}

static int ev_quiesce(struct dirtylog_mapping *mapping, void *owner)
{
	note(to_evidence(mapping), "quiesce", 0, 0);
	return to_evidence(mapping)->quiesce_ret;
}

static int ev_protect(struct dirtylog_mapping *mapping, void *owner,
		      const struct dirtylog_batch *batch)
{
	note(to_evidence(mapping), "protect", batch->first, batch->nr);
	return 0;
}

static void ev_flush(struct dirtylog_mapping *mapping, void *owner)
{
	note(to_evidence(mapping), "flush", 0, 0);
}

static int ev_arm(struct dirtylog_mapping *mapping, void *owner)
{
	return 0;
}

static const struct dirtylog_ops ev_ops = {
	.sync		= ev_sync,
	.fold		= ev_fold,
	.quiesce	= ev_quiesce,
	.protect	= ev_protect,
	.flush		= ev_flush,
	.arm		= ev_arm,
};

static void ev_destroy(void *data)
{
	struct evidence *e = data;

	dirtylog_destroy(&e->log);
}

static struct evidence *ev_create(struct kunit *test, unsigned int order,
				  unsigned long nr_pages)
{
	struct evidence *e = mock_zalloc(test, 1, sizeof(*e));

	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&e->log, nr_pages));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, ev_destroy, e));
	e->mapping.ops = &ev_ops;
	KUNIT_ASSERT_EQ(test, 0, dirtylog_map(&e->log, &e->mapping));
	KUNIT_ASSERT_EQ(test, 0, dirtylog_attach(&e->log, &e->tracker, order,
						 DIRTYLOG_START_CLEAN));
	return e;
}

static int ev_sink(void *data, const struct dirtylog_chunk *chunk)
{
	struct evidence *e = data;
	unsigned long bit;

	for_each_set_bit(bit, chunk->bits, chunk->nr)
		__set_bit(chunk->first + bit, e->seen);
	return 0;
}

/* One chunk at a time. */
static int ev_stop(void *data, const struct dirtylog_chunk *chunk)
{
	ev_sink(data, chunk);
	return DIRTYLOG_STOP;
}

static unsigned int ev_pass(struct kunit *test, struct evidence *e,
			    int (*pass)(struct dirtylog_tracker *tracker,
					struct dirtylog_pass *pass),
			    unsigned long first, unsigned long end)
{
	struct dirtylog_pass p = {
		.first	= first,
		.end	= end,
		.data	= e,
		.sink	= ev_sink,
	};

	bitmap_zero(e->seen, NR);
	KUNIT_ASSERT_EQ(test, 0, pass(&e->tracker, &p));
	return bitmap_weight(e->seen, NR);
}

/* Evidence in the range of a pass is shown by that pass, and no other. */
static void fold_in_passes(struct kunit *test)
{
	struct evidence *e = ev_create(test, 0, NR);

	__set_bit(10, e->written);
	__set_bit(99, e->written);
	__set_bit(100, e->written);
	__set_bit(NR - 1, e->written);

	KUNIT_EXPECT_EQ(test, 2, ev_pass(test, e, dirtylog_peek, 10, 100));
	KUNIT_ASSERT_EQ(test, 2, e->calls.nr);
	KUNIT_EXPECT_STREQ(test, "sync", e->calls.name[0]);
	KUNIT_EXPECT_STREQ(test, "fold", e->calls.name[1]);
	KUNIT_EXPECT_EQ(test, 10, e->calls.first[1]);
	KUNIT_EXPECT_EQ(test, 90, e->calls.count[1]);

	KUNIT_EXPECT_EQ(test, 2, ev_pass(test, e, dirtylog_harvest, 0, 100));
	KUNIT_EXPECT_EQ(test, 2, ev_pass(test, e, dirtylog_harvest, 0, NR));
	KUNIT_EXPECT_EQ(test, 0, ev_pass(test, e, dirtylog_harvest, 0, NR));
}

/* In granules: the frames of the whole range, and none beyond the log. */
static void fold_granules(struct kunit *test)
{
	struct evidence *e = ev_create(test, 4, NR);

	__set_bit(NR - 1, e->written);
	KUNIT_EXPECT_EQ(test, 1, ev_pass(test, e, dirtylog_harvest, 60,
					 dirtylog_nr_granules(&e->tracker)));
	KUNIT_EXPECT_EQ(test, 60 * 16, e->calls.first[1]);
	KUNIT_EXPECT_EQ(test, NR - 60 * 16, e->calls.count[1]);
	e->calls.nr = 0;
	KUNIT_EXPECT_EQ(test, 0, ev_pass(test, e, dirtylog_harvest, 5, 5));
	KUNIT_EXPECT_EQ(test, 1, e->calls.nr);
}

/* A pass that ends early has folded one chunk's worth, not all that follows. */
static void fold_in_windows(struct kunit *test)
{
	struct evidence *e = ev_create(test, DIRTYLOG_MAX_ORDER,
				       130UL << DIRTYLOG_MAX_ORDER);
	struct dirtylog_pass pass = {
		.end	= 130,
		.data	= e,
		.sink	= ev_stop,
	};

	dirtylog_mark(&e->log, 1UL << DIRTYLOG_MAX_ORDER);
	dirtylog_mark(&e->log, 129UL << DIRTYLOG_MAX_ORDER);
	e->nothing_written = true;
	KUNIT_ASSERT_EQ(test, 0, dirtylog_harvest(&e->tracker, &pass));
	KUNIT_EXPECT_EQ(test, 64, pass.next);
	KUNIT_EXPECT_EQ(test, 64UL << DIRTYLOG_MAX_ORDER, e->folded);

	pass.first = pass.next;
	KUNIT_ASSERT_EQ(test, 0, dirtylog_harvest(&e->tracker, &pass));
	KUNIT_EXPECT_EQ(test, 130, pass.next);
	KUNIT_EXPECT_EQ(test, 130UL << DIRTYLOG_MAX_ORDER, e->folded);
	KUNIT_EXPECT_TRUE(test, test_bit(1, e->seen));
	KUNIT_EXPECT_TRUE(test, test_bit(129, e->seen));
}

/* What only the mapping knows is not lost with it. */
static void fold_before_unmap(struct kunit *test)
{
	struct evidence *e = ev_create(test, 0, NR);

	__set_bit(500, e->written);
	dirtylog_unmap(&e->log, &e->mapping, e);
	KUNIT_ASSERT_EQ(test, 2, e->calls.nr);
	KUNIT_EXPECT_STREQ(test, "sync", e->calls.name[0]);
	KUNIT_EXPECT_STREQ(test, "fold", e->calls.name[1]);
	KUNIT_EXPECT_EQ(test, NR, e->calls.count[1]);
	KUNIT_EXPECT_EQ(test, 1, ev_pass(test, e, dirtylog_harvest, 0, NR));
	KUNIT_EXPECT_TRUE(test, test_bit(500, e->seen));
	KUNIT_EXPECT_EQ(test, 2, e->calls.nr);
}

static void split_states(struct kunit *test)
{
	struct evidence *e = ev_create(test, 0, NR);
	unsigned int state;

	for (state = 0; state < 8; state++) {
		bool written = state & DIRTYLOG_ENTRY_WRITTEN;

		KUNIT_EXPECT_EQ(test, state & ~DIRTYLOG_ENTRY_WRITTEN,
				dirtylog_split(&e->log, 100, 256, state));
		KUNIT_EXPECT_EQ(test, written ? 256 : 0,
				ev_pass(test, e, dirtylog_harvest, 0, NR));
		if (written) {
			KUNIT_EXPECT_EQ(test, 100, find_first_bit(e->seen, NR));
			KUNIT_EXPECT_EQ(test, 355, find_last_bit(e->seen, NR));
		}
	}
}

static unsigned int collapse(struct evidence *e, const unsigned int *small,
			     unsigned int nr)
{
	struct dirtylog_collapse c = DIRTYLOG_COLLAPSE_INIT;
	unsigned int i;

	for (i = 0; i < nr; i++)
		dirtylog_collapse_entry(&c, &e->log, 700 + i, small[i]);
	return dirtylog_collapse_state(&c);
}

static void collapse_states(struct kunit *test)
{
	enum {
		W = DIRTYLOG_ENTRY_WRITABLE,
		D = DIRTYLOG_ENTRY_WRITTEN,
		N = DIRTYLOG_ENTRY_NOTIFY,
	};
	struct evidence *e = ev_create(test, 0, NR);
	static const unsigned int all[] = { W, W, W, W };
	static const unsigned int hole[] = { W, 0, W, W };
	static const unsigned int notify[] = { W, W | N, W, W };
	static const unsigned int written[] = { W | D, 0, W, W | D | N };

	KUNIT_EXPECT_EQ(test, W, collapse(e, all, 4));
	KUNIT_EXPECT_EQ(test, 0, collapse(e, hole, 4));
	KUNIT_EXPECT_EQ(test, W | N, collapse(e, notify, 4));
	KUNIT_EXPECT_EQ(test, 0, ev_pass(test, e, dirtylog_harvest, 0, NR));
	KUNIT_EXPECT_EQ(test, N, collapse(e, written, 4));
	KUNIT_EXPECT_EQ(test, 2, ev_pass(test, e, dirtylog_harvest, 0, NR));
	KUNIT_EXPECT_TRUE(test, test_bit(700, e->seen));
	KUNIT_EXPECT_TRUE(test, test_bit(703, e->seen));
}

static void quiesce_asks_mappings(struct kunit *test)
{
	struct evidence *e = ev_create(test, 0, NR);

	KUNIT_EXPECT_EQ(test, 0, dirtylog_quiesce(&e->log, e));
	KUNIT_EXPECT_EQ(test, 1, e->calls.nr);
	KUNIT_EXPECT_STREQ(test, "quiesce", e->calls.name[0]);
	e->quiesce_ret = -EINTR;
	KUNIT_EXPECT_EQ(test, -EINTR, dirtylog_quiesce(&e->log, e));
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&e->log.lock));
}

static struct kunit_case large_cases[] = {
	KUNIT_CASE(fold_in_passes),
	KUNIT_CASE(fold_granules),
	KUNIT_CASE(fold_in_windows),
	KUNIT_CASE(fold_before_unmap),
	KUNIT_CASE(split_states),
	KUNIT_CASE(collapse_states),
	KUNIT_CASE(quiesce_asks_mappings),
	{}
};

static struct kunit_suite large_suite = {
	.name = "dirtylog_large",
	.test_cases = large_cases,
};

kunit_test_suite(large_suite);
