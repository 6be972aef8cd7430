// SPDX-License-Identifier: GPL-2.0
/*
 * The record against a flat bitmap.
 */
#include <linux/bitmap.h>
#include <linux/log2.h>
#include <kunit/test.h>

#include "../record.h"
#include "mock_mmu.h"
#include "random.h"

#define POISON	0xa5a5a5a5UL

struct shape {
	unsigned long nr_bits;
	unsigned long top_words;
	unsigned int levels;	/* on 64 bits */
};

static const struct shape shapes[] = {
	{ 1, 1, 1 },
	{ 63, 1, 1 },
	{ 64, 1, 1 },
	{ 65, 1, 2 },
	{ 65, 2, 1 },
	{ 513, 1, 2 },
	{ 4096, 1, 2 },
	{ 4097, 1, 3 },
	{ 4097, 2, 2 },
	{ 4096, DIRTYLOG_TOP_WORDS, 1 },
	{ 4097, DIRTYLOG_TOP_WORDS, 2 },
	{ (1 << 18) + 1, 1, 4 },
	{ (1 << 18) + 4097, 2, 3 },
	{ (1 << 24) + 65, 1, 5 },
};

static void shape_desc(const struct shape *s, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%lu bits, %lu top words",
		 s->nr_bits, s->top_words);
}

KUNIT_ARRAY_PARAM(shape, shapes, shape_desc);

/* A record, and what it must be equal to. */
struct fixture {
	struct kunit *test;
	struct dirtylog_record record;
	unsigned long nr;
	unsigned long *flat;
	unsigned long *buf;
	unsigned long *want;
	struct rnd_state rnd;
};

static void free_record(void *record)
{
	dirtylog_record_free(record);
}

static struct fixture *fixture(struct kunit *test, unsigned long nr,
			       unsigned long top_words)
{
	struct fixture *f = mock_zalloc(test, 1, sizeof(*f));

	f->test = test;
	f->nr = nr;
	f->flat = mock_zalloc(test, BITS_TO_LONGS(nr), sizeof(long));
	f->buf = mock_zalloc(test, DIRTYLOG_CHUNK_WORDS + 1, sizeof(long));
	f->want = mock_zalloc(test, DIRTYLOG_CHUNK_WORDS + 1, sizeof(long));
	KUNIT_ASSERT_EQ(test, 0,
			dirtylog_record_init(&f->record, nr, top_words));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_record,
							   &f->record));
	return f;
}

static struct fixture *shaped(struct kunit *test)
{
	const struct shape *s = test->param_value;

	return fixture(test, s->nr_bits, s->top_words);
}

/* Leaves as the flat bitmap has them, no summary missing, no bit in a tail. */
static void check_record(struct fixture *f)
{
	struct dirtylog_record *record = &f->record;
	unsigned long nr = f->nr, word, words;
	unsigned int i;

	KUNIT_ASSERT_TRUE(f->test, bitmap_equal(record->level[0], f->flat, nr));
	for (i = 0; i < record->nr_levels; i++) {
		unsigned long *level = record->level[i];

		words = BITS_TO_LONGS(nr);
		if (nr % BITS_PER_LONG)
			KUNIT_ASSERT_EQ(f->test, 0,
					level[words - 1] >> nr % BITS_PER_LONG);
		if (i + 1 == record->nr_levels)
			break;
		for (word = 0; word < words; word++) {
			if (level[word] && !test_bit(word, record->level[i + 1]))
				KUNIT_FAIL_AND_ABORT(f->test,
						     "level %u: no summary of word %lu",
						     i, word);
		}
		nr = words;
	}
}

/* Nothing is left, summaries included: an idle scan costs nothing. */
static void check_empty(struct fixture *f)
{
	unsigned long nr = f->nr;
	unsigned int i;

	for (i = 0; i < f->record.nr_levels; i++) {
		KUNIT_ASSERT_TRUE_MSG(f->test,
				      bitmap_empty(f->record.level[i], nr),
				      "level %u", i);
		nr = BITS_TO_LONGS(nr);
	}
}

static void mark(struct fixture *f, unsigned long bit)
{
	dirtylog_record_mark(&f->record, bit);
	__set_bit(bit, f->flat);
}

/* What a scan must find: @want gets its bits. Return: how many words. */
static unsigned long expect(struct fixture *f, unsigned long first,
			    unsigned long end, unsigned long max_words,
			    unsigned long *start)
{
	unsigned long bit = find_next_bit(f->flat, end, first);
	unsigned long last = 0;

	memset(f->want, 0, max_words * sizeof(long));
	if (bit >= end)
		return 0;
	*start = round_down(bit, BITS_PER_LONG);
	end = min(end, *start + max_words * BITS_PER_LONG);
	for_each_set_bit_from(bit, f->flat, end) {
		__set_bit(bit - *start, f->want);
		last = bit - *start;
	}
	return last / BITS_PER_LONG + 1;
}

static void check_buf(struct fixture *f, const struct dirtylog_chunk *chunk,
		      unsigned long start, unsigned long words)
{
	unsigned long i;

	KUNIT_ASSERT_EQ(f->test, chunk->nr, words * BITS_PER_LONG);
	if (!words)
		return;
	KUNIT_ASSERT_EQ(f->test, chunk->first, start);
	KUNIT_ASSERT_MEMEQ(f->test, f->buf, f->want, words * sizeof(long));
	for (i = 0; i < DIRTYLOG_CHUNK_WORDS; i++)
		KUNIT_ASSERT_EQ(f->test, i < words && f->want[i],
				test_bit(i, chunk->words));
}

/*
 * What is found has no set bit of the range before it, nor behind it in what a chunk
 * can have. It may have words that are set only outside of the range.
 */
static void find(struct fixture *f, unsigned long first, unsigned long end,
		 unsigned long max_words)
{
	struct dirtylog_chunk chunk = {};
	unsigned long bit, last;

	f->buf[0] = POISON;
	dirtylog_record_scan(&f->record, DIRTYLOG_SCAN_FIND, first, end,
			     max_words, f->buf, &chunk);
	KUNIT_ASSERT_EQ(f->test, f->buf[0], POISON);
	check_record(f);

	bit = find_next_bit(f->flat, end, first);
	if (!chunk.nr) {
		KUNIT_ASSERT_GE(f->test, bit, end);
		return;
	}
	KUNIT_ASSERT_LE(f->test, chunk.nr, max_words * BITS_PER_LONG);
	KUNIT_ASSERT_LE(f->test, chunk.first, bit);
	KUNIT_ASSERT_TRUE(f->test, f->flat[chunk.first / BITS_PER_LONG]);
	last = chunk.first + chunk.nr;
	KUNIT_ASSERT_LE(f->test, last, round_up(end, BITS_PER_LONG));
	end = min(end, chunk.first + max_words * BITS_PER_LONG);
	KUNIT_ASSERT_GE(f->test, find_next_bit(f->flat, end, last), end);
}

/* Find, then scan, and compare. Return: bits of the chunk. */
static unsigned long scan(struct fixture *f, enum dirtylog_scan kind,
			  unsigned long first, unsigned long end,
			  unsigned long max_words)
{
	struct dirtylog_chunk chunk;
	unsigned long start = 0, words;

	bitmap_fill(chunk.words, DIRTYLOG_CHUNK_WORDS);
	find(f, first, end, max_words);
	memset(f->buf, 0xa5, max_words * sizeof(long));
	f->buf[max_words] = POISON;
	words = expect(f, first, end, max_words, &start);
	dirtylog_record_scan(&f->record, kind, first, end, max_words, f->buf,
			     &chunk);
	check_buf(f, &chunk, start, words);
	KUNIT_ASSERT_EQ(f->test, f->buf[max_words], POISON);

	if (kind == DIRTYLOG_SCAN_TAKE && words)
		bitmap_andnot(f->flat + start / BITS_PER_LONG,
			      f->flat + start / BITS_PER_LONG, f->want,
			      words * BITS_PER_LONG);
	return chunk.nr;
}

/* Take what is in @mask, the first word of which is that of @first. */
static void take_masked(struct fixture *f, const unsigned long *mask,
			unsigned long words, unsigned long first,
			unsigned long end)
{
	unsigned long start = round_down(first, BITS_PER_LONG);
	unsigned long bit, last = 0, any = 0;
	struct dirtylog_chunk chunk;

	bitmap_fill(chunk.words, DIRTYLOG_CHUNK_WORDS);
	memcpy(f->buf, mask, words * sizeof(long));
	f->buf[words] = POISON;
	memset(f->want, 0, words * sizeof(long));
	for (bit = first; bit < end; bit++) {
		if (!test_bit(bit, f->flat) || !test_bit(bit - start, mask))
			continue;
		__set_bit(bit - start, f->want);
		__clear_bit(bit, f->flat);
		last = (bit - start) / BITS_PER_LONG;
		any = 1;
	}

	dirtylog_record_scan(&f->record, DIRTYLOG_SCAN_TAKE_MASKED, first, end,
			     words, f->buf, &chunk);
	check_buf(f, &chunk, start, last + any);
	KUNIT_ASSERT_EQ(f->test, f->buf[words], POISON);
}

static void take_all(struct fixture *f)
{
	unsigned long words = DIRTYLOG_CHUNK_WORDS;

	while (scan(f, DIRTYLOG_SCAN_TAKE, 0, f->nr, words))
		check_record(f);
	check_record(f);
	check_empty(f);
}

static void record_layout(struct kunit *test)
{
	unsigned long nr[] = { 1, 64, 65, 100000, 1UL << 24, INT_MAX,
			       DIRTYLOG_MAX_PAGES - 1, DIRTYLOG_MAX_PAGES };
	unsigned long top[] = { 1, 2, DIRTYLOG_TOP_WORDS };
	unsigned long words[DIRTYLOG_MAX_LEVELS], n;
	unsigned int i, j, level, levels;

	for (i = 0; i < ARRAY_SIZE(nr); i++) {
		for (j = 0; j < ARRAY_SIZE(top); j++) {
			levels = dirtylog_record_layout(nr[i], top[j], words);
			KUNIT_ASSERT_GT(test, levels, 0);
			KUNIT_ASSERT_LE(test, levels, DIRTYLOG_MAX_LEVELS);
			n = nr[i];
			for (level = 0; level < levels; level++) {
				n = DIV_ROUND_UP(n, BITS_PER_LONG);
				KUNIT_EXPECT_EQ(test, words[level], n);
				KUNIT_EXPECT_EQ(test, n <= top[j],
						level == levels - 1);
			}
		}
	}
}

/* 2^40 bits, of which only the last words of each level are there. */
static void record_end_of_largest(struct kunit *test)
{
	enum { NR = 64 };
	unsigned long words[DIRTYLOG_MAX_LEVELS], end, bit, i;
	struct dirtylog_record record = { .nr_bits = DIRTYLOG_MAX_PAGES };
	struct dirtylog_chunk chunk = {};
	unsigned long *storage[DIRTYLOG_MAX_LEVELS], *buf;

	record.nr_levels = dirtylog_record_layout(record.nr_bits,
						  DIRTYLOG_TOP_WORDS, words);
	for (i = 0; i < record.nr_levels; i++) {
		storage[i] = mock_zalloc(test, NR, sizeof(long));
		record.level[i] = storage[i] - (words[i] - NR);
	}
	buf = mock_zalloc(test, NR, sizeof(long));

	end = record.nr_bits;
	for (bit = end - 1000; bit < end; bit += 37)
		dirtylog_record_mark(&record, bit);
	dirtylog_record_scan(&record, DIRTYLOG_SCAN_PEEK, end - 1000, end, NR,
			     buf, &chunk);
	KUNIT_ASSERT_EQ(test, chunk.first, round_down(end - 1000, BITS_PER_LONG));
	KUNIT_ASSERT_EQ(test, chunk.nr, end - chunk.first);

	dirtylog_record_scan(&record, DIRTYLOG_SCAN_TAKE, end - 999, end, NR,
			     buf, &chunk);
	for (bit = chunk.first; bit < end; bit++)
		KUNIT_EXPECT_EQ(test, test_bit(bit - chunk.first, chunk.bits),
				bit > end - 1000 && !((bit - (end - 1000)) % 37));
	KUNIT_EXPECT_EQ(test, storage[0][NR - 1], 0);
	KUNIT_EXPECT_NE(test, storage[1][NR - 1], 0);

	dirtylog_record_put_back(&record, &chunk);
	dirtylog_record_scan(&record, DIRTYLOG_SCAN_TAKE, end - 1000, end, NR,
			     buf, &chunk);
	KUNIT_EXPECT_EQ(test, bitmap_weight(chunk.bits, chunk.nr), 28);
	for (i = 0; i < record.nr_levels; i++)
		KUNIT_EXPECT_TRUE(test, bitmap_empty(storage[i],
						     NR * BITS_PER_LONG));
}

static void record_shape(struct kunit *test)
{
	const struct shape *s = test->param_value;
	struct fixture *f = shaped(test);

	KUNIT_EXPECT_EQ(test, f->record.nr_bits, s->nr_bits);
	if (BITS_PER_LONG == 64)
		KUNIT_EXPECT_EQ(test, f->record.nr_levels, s->levels);
	check_record(f);
	check_empty(f);
	KUNIT_EXPECT_EQ(test, 0, scan(f, DIRTYLOG_SCAN_PEEK, 0, f->nr, 1));
}

static void record_fill(struct kunit *test)
{
	struct fixture *f = shaped(test);
	unsigned long nr = f->nr;
	unsigned int i;

	dirtylog_record_fill(&f->record);
	bitmap_fill(f->flat, f->nr);
	check_record(f);
	for (i = 0; i < f->record.nr_levels; i++) {
		KUNIT_EXPECT_TRUE(test, bitmap_full(f->record.level[i], nr));
		nr = BITS_TO_LONGS(nr);
	}
	take_all(f);
}

/* Each single bit at and around the edges of words, at every level. */
static void record_single_bits(struct kunit *test)
{
	struct fixture *f = shaped(test);
	unsigned long edge, bit;
	int off;

	for (edge = 1; edge <= f->nr; edge *= BITS_PER_LONG) {
		for (off = -2; off <= 1; off++) {
			bit = edge + off;
			if (bit >= f->nr)
				continue;
			mark(f, bit);
			check_record(f);
			mark(f, f->nr - 1);
			mark(f, bit);
			check_record(f);
			KUNIT_ASSERT_EQ(test, 0, scan(f, DIRTYLOG_SCAN_TAKE, 0,
						      bit, 1));
			scan(f, DIRTYLOG_SCAN_TAKE, bit, bit + 1, 1);
			check_record(f);
			take_all(f);
		}
	}
}

/* A mark whose leaf is set already sees to the summaries all the same. */
static void record_mark_repairs(struct kunit *test)
{
	struct fixture *f = fixture(test, (1 << 18) + 1, 1);
	unsigned int i, shift = ilog2(BITS_PER_LONG);

	for (i = 1; i < f->record.nr_levels; i++) {
		mark(f, 70000);
		/* As if the mark that set the leaf had come just that far. */
		f->record.level[i][70000 >> shift * (i + 1)] = 0;
		mark(f, 70000);
		check_record(f);
	}
}

/* Every range of a small record, with several patterns. */
static void record_all_ranges(struct kunit *test)
{
	static const unsigned long steps[] = { 2, 7, 65 };
	struct fixture *f = fixture(test, 3 * BITS_PER_LONG + 5, 1);
	unsigned long first, end, bit, step;
	unsigned long mask[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		step = steps[i];
		for (first = 0; first < f->nr; first++) {
			for (end = first; end <= f->nr; end++) {
				for (bit = 0; bit < f->nr; bit += step)
					mark(f, bit);
				scan(f, DIRTYLOG_SCAN_PEEK, first, end, 4);
				scan(f, DIRTYLOG_SCAN_TAKE, first, end,
				     1 + first % 4);
				check_record(f);
				mask[0] = ~0UL << first % 64;
				mask[1] = 0x0123456789abcdefULL * (end + 1);
				mask[2] = 0;
				mask[3] = ~0UL;
				if (first < end)
					take_masked(f, mask + first / BITS_PER_LONG,
						    4 - first / BITS_PER_LONG,
						    first, end);
				check_record(f);
			}
		}
		take_all(f);
	}
}

/* A chunk has no more words than asked for, and the next scan has the rest. */
static void record_chunk_limits(struct kunit *test)
{
	struct fixture *f = fixture(test, 3 * DIRTYLOG_CHUNK_PAGES + 17, 2);
	unsigned long bit, words, seen;

	for (words = 1; words <= DIRTYLOG_CHUNK_WORDS; words *= 8) {
		for (bit = 5; bit < f->nr; bit += 411)
			mark(f, bit);
		seen = 0;
		while (scan(f, DIRTYLOG_SCAN_TAKE, 0, f->nr, words)) {
			check_record(f);
			seen++;
		}
		check_empty(f);
		KUNIT_EXPECT_GE(test, seen, f->nr / BITS_PER_LONG / words / 8);
	}
}

static void record_put_back(struct kunit *test)
{
	struct fixture *f = shaped(test);
	struct dirtylog_chunk chunk = { .bits = f->buf };
	unsigned long bit, step = f->nr / 999 + 1;

	for (bit = 0; bit < f->nr; bit += step)
		mark(f, bit);
	mark(f, f->nr - 1);

	for (bit = 0; ; bit = chunk.first + chunk.nr) {
		if (bit >= f->nr)
			break;
		dirtylog_record_scan(&f->record, DIRTYLOG_SCAN_TAKE, bit, f->nr,
				     DIRTYLOG_CHUNK_WORDS, f->buf, &chunk);
		if (!chunk.nr)
			break;
		/* Marked while it was away: stays marked. */
		mark(f, chunk.first);
		dirtylog_record_put_back(&f->record, &chunk);
		check_record(f);
	}
	take_all(f);
}

/* Random marks, scans and put-backs. */
static void record_random(struct kunit *test)
{
	struct fixture *f = shaped(test);
	struct dirtylog_chunk chunk = { .bits = f->buf };
	unsigned long first, end, words, i, start, *mask;
	unsigned int op, rounds = f->nr > 1000000 ? 30 : 600;

	mask = mock_zalloc(test, DIRTYLOG_CHUNK_WORDS, sizeof(long));
	random_start(test, &f->rnd);
	while (rounds--) {
		random_range(&f->rnd, f->nr, &first, &end);
		words = 1 + random_below(&f->rnd, DIRTYLOG_CHUNK_WORDS);
		op = random_below(&f->rnd, 8);
		switch (op) {
		case 0:
			scan(f, DIRTYLOG_SCAN_PEEK, first, end, words);
			break;
		case 1:
			scan(f, DIRTYLOG_SCAN_TAKE, first, end, words);
			break;
		case 2:
			/* Taken from elsewhere than it is put back. */
			chunk.first = round_down(first, BITS_PER_LONG);
			words = min(words, DIV_ROUND_UP(end - chunk.first,
							BITS_PER_LONG));
			chunk.nr = words * BITS_PER_LONG;
			for (i = 0; i < words; i++)
				f->buf[i] = prandom_u32_state(&f->rnd) &
					    prandom_u32_state(&f->rnd);
			for (i = min(f->nr - chunk.first, chunk.nr);
			     i < chunk.nr; i++)
				__clear_bit(i, f->buf);
			dirtylog_record_put_back(&f->record, &chunk);
			start = chunk.first / BITS_PER_LONG;
			bitmap_or(f->flat + start, f->flat + start, f->buf,
				  chunk.nr);
			break;
		case 3:
			start = first / BITS_PER_LONG;
			words = min(words, BITS_TO_LONGS(f->nr) - start);
			end = min(end, (start + words) * BITS_PER_LONG);
			prandom_bytes_state(&f->rnd, mask, words * sizeof(long));
			if (random_below(&f->rnd, 2))
				memset(mask, 0, words * sizeof(long) / 2);
			take_masked(f, mask, words, first, end);
			break;
		default:
			for (i = 0; i < 20; i++)
				mark(f, first + random_below(&f->rnd,
							     end - first));
			break;
		}
		check_record(f);
	}
	take_all(f);
}

static struct kunit_case record_cases[] = {
	KUNIT_CASE(record_layout),
	KUNIT_CASE(record_end_of_largest),
	KUNIT_CASE_PARAM(record_shape, shape_gen_params),
	KUNIT_CASE_PARAM(record_fill, shape_gen_params),
	KUNIT_CASE_PARAM(record_single_bits, shape_gen_params),
	KUNIT_CASE(record_mark_repairs),
	KUNIT_CASE(record_all_ranges),
	KUNIT_CASE(record_chunk_limits),
	KUNIT_CASE_PARAM(record_put_back, shape_gen_params),
	KUNIT_CASE_PARAM(record_random, shape_gen_params),
	{}
};

static struct kunit_suite record_suite = {
	.name = "dirtylog_record",
	.test_cases = record_cases,
};

kunit_test_suite(record_suite);
