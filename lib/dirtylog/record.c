// SPDX-License-Identifier: GPL-2.0
/*
 * The record: a hierarchical bitmap.
 *
 * Marks go up: leaf, then the summary bit for its word, and so on. Scans go
 * down: they clear a summary bit before they read the word that it stands for,
 * and set it again if that word keeps a bit. So a mark that a scan misses in a
 * word finds the summary bit already cleared, and sets it.
 * Modelled in tools/testing/dirtylog/model/record.pml.
 */
#define pr_fmt(fmt) "dirtylog: " fmt

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "record.h"

unsigned int dirtylog_record_layout(unsigned long nr_bits,
				    unsigned long top_words,
				    unsigned long words[DIRTYLOG_MAX_LEVELS])
{
	unsigned long n = nr_bits;
	unsigned int level;

	for (level = 0; level < DIRTYLOG_MAX_LEVELS; level++) {
		n = BIT_WORD(n - 1) + 1;
		words[level] = n;
		if (n <= top_words)
			return level + 1;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_record_layout);

int dirtylog_record_init(struct dirtylog_record *record, unsigned long nr_bits,
			 unsigned long top_words)
{
	unsigned long words[DIRTYLOG_MAX_LEVELS];
	unsigned int nr_levels, i;
	size_t total = 0;
	unsigned long *p;

	KUNIT_STATIC_STUB_REDIRECT(dirtylog_record_init, record, nr_bits,
				   top_words);

	nr_levels = dirtylog_record_layout(nr_bits, top_words, words);
	if (!nr_levels)
		return -EINVAL;

	for (i = 0; i < nr_levels; i++)
		total = size_add(total, words[i]);

	/* Userspace may ask for any size: -ENOMEM is all that it gets. */
	p = __vcalloc(total, sizeof(*p), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!p)
		return -ENOMEM;

	record->nr_bits = nr_bits;
	record->nr_levels = nr_levels;
	for (i = 0; i < nr_levels; i++) {
		record->level[i] = p;
		p += words[i];
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_record_init);

void dirtylog_record_free(struct dirtylog_record *record)
{
	vfree(record->level[0]);
	memset(record, 0, sizeof(*record));
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_record_free);

void dirtylog_record_fill(struct dirtylog_record *record)
{
	unsigned long nr = record->nr_bits;
	unsigned int i;

	for (i = 0; i < record->nr_levels; i++) {
		unsigned long tail = nr % BITS_PER_LONG;

		memset(record->level[i], 0xff, BIT_WORD(nr) * sizeof(long));
		if (tail)
			record->level[i][BIT_WORD(nr)] = GENMASK(tail - 1, 0);
		nr = BIT_WORD(nr - 1) + 1;
	}
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_record_fill);

/*
 * Unordered. A range mark has a barrier behind it. Scans and put-backs, which run
 * one at a time, need none against the level above: that one matters to marks
 * only, and a mark of the same word keeps its own order.
 */
static void or_bits(unsigned long bits, unsigned long *word)
{
	atomic_long_or(bits, (atomic_long_t *)word);
}

/* Set the bits @first to @last of one level. */
static void set_range(unsigned long *level, unsigned long first,
		      unsigned long last)
{
	unsigned long word;

	for (word = BIT_WORD(first); word <= BIT_WORD(last); word++) {
		unsigned long bits = ~0UL;

		if (word == BIT_WORD(first))
			bits &= GENMASK(BITS_PER_LONG - 1, first % BITS_PER_LONG);
		if (word == BIT_WORD(last))
			bits &= GENMASK(last % BITS_PER_LONG, 0);
		if (bits & ~READ_ONCE(level[word]))
			or_bits(bits, &level[word]);
	}
}

void dirtylog_record_mark_range(struct dirtylog_record *record,
				unsigned long first, unsigned long last)
{
	unsigned int i;

	for (i = 0; i < record->nr_levels; i++) {
		set_range(record->level[i], first, last);
		/*
		 * This level before the reads of the one above, for all of its
		 * words at once; as in dirtylog_record_mark_up(), set or found set.
		 * Pairs with clear_bits() in scan_level().
		 */
		smp_mb();
		first = BIT_WORD(first);
		last = BIT_WORD(last);
	}
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_record_mark_range);

/*
 * Clear @bits and say which bits of the word were set. Fully ordered:
 * - on level 0 it pairs with the barrier of rule 2, smp_mb() in
 *   dirtylog_mark(): either the mark sees its bit cleared and sets it again, or
 *   protect, after this, sees the entry that the mark stands for;
 * - on the levels above it pairs with the barriers of marks one level down:
 *   either the mark sees the summary bit cleared, or the scan, after this, sees
 *   the bit below.
 */
static unsigned long clear_bits(unsigned long bits, unsigned long *word)
{
	if (bits == ~0UL)
		return xchg(word, 0);
	return atomic_long_fetch_andnot(bits, (atomic_long_t *)word);
}

void dirtylog_record_put_back(struct dirtylog_record *record,
			      const struct dirtylog_chunk *chunk)
{
	unsigned long word = BIT_WORD(chunk->first);
	unsigned long i;

	for (i = 0; i < BIT_WORD(chunk->nr); i++) {
		if (!chunk->bits[i])
			continue;
		or_bits(chunk->bits[i], &record->level[0][word + i]);
		dirtylog_record_mark_up(record, 1, word + i);
	}
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_record_put_back);

#ifdef CONFIG_DIRTYLOG_PLANTED_LOSS
/* Lose one bit in 10^5 of those that are about to be shown. */
static unsigned long planted_loss(unsigned long bits, unsigned long *leaf)
{
	static unsigned long count;

	count += hweight_long(bits);
	if (count < 100000)
		return bits;
	count = 0;
	pr_warn_once("losing dirty bits on purpose\n");
	clear_bits(bits & -bits, leaf);
	return bits & (bits - 1);
}
#else
static unsigned long planted_loss(unsigned long bits, unsigned long *leaf)
{
	return bits;
}
#endif

struct scan {
	struct dirtylog_record *record;
	enum dirtylog_scan kind;
	/* Words of level 0. */
	unsigned long first, last;
	unsigned long first_mask, last_mask;
	unsigned long max_words;

	unsigned long *buf, *words;
	unsigned long buf_word;
	unsigned long nr_words;
	bool full;
};

static bool takes(const struct scan *s)
{
	return s->kind >= DIRTYLOG_SCAN_TAKE;
}

/* Words @first to @last of level 0 may have bits. */
static void found_leaves(struct scan *s, unsigned long first, unsigned long last)
{
	if (!s->nr_words)
		s->buf_word = first;
	first -= s->buf_word;
	last -= s->buf_word;
	s->full = last >= s->max_words;
	if (first < s->max_words)
		s->nr_words = min(last + 1, s->max_words);
}

/*
 * Words of level 0, which have the set bits of @above in the word above. @kind is
 * s->kind, a constant in each of the callers. Return: the bits of those that keep some.
 */
static __always_inline unsigned long scan_leaves(struct scan *s, unsigned long first,
						 unsigned long above,
						 enum dirtylog_scan kind)
{
	unsigned long *leaf = s->record->level[0] + first;
	const bool take = kind >= DIRTYLOG_SCAN_TAKE;
	unsigned long nr_words = s->nr_words;
	unsigned long *buf = s->buf;
	unsigned long kept = 0;

	for (; above; above &= above - 1) {
		unsigned long i = __ffs(above), word = first + i;
		unsigned long bits = READ_ONCE(leaf[i]), mask = ~0UL, index;

		if (!bits)
			continue;
		if (word == s->first)
			mask &= s->first_mask;
		if (word == s->last)
			mask &= s->last_mask;
		if (kind == DIRTYLOG_SCAN_TAKE_MASKED)
			mask &= buf[word - s->buf_word];
		if (!(bits & mask)) {
			kept |= BIT(i);
			continue;
		}

		if (!nr_words && kind != DIRTYLOG_SCAN_TAKE_MASKED)
			s->buf_word = word;
		index = word - s->buf_word;
		if (index >= s->max_words) {
			s->full = true;
			kept |= above;
			break;
		}

		if (take) {
			bits = clear_bits(mask, &leaf[i]);
			/* What is marked from here on sees its summary bit cleared. */
			if (bits & ~mask)
				kept |= BIT(i);
		}
		bits &= mask;
		if (kind != DIRTYLOG_SCAN_TAKE_MASKED)
			bits = planted_loss(bits, &leaf[i]);

		/* A few words, as a rule: WRITE_ONCE() keeps it from becoming memset(). */
		while (nr_words < index)
			WRITE_ONCE(buf[nr_words++], 0);
		buf[index] = bits;
		__set_bit(index, s->words);
		nr_words = index + 1;
	}
	s->nr_words = nr_words;
	return kept;
}

/* The same, of one word above: @bits are set there. */
static unsigned long scan_below(struct scan *s, unsigned long word, unsigned long bits)
{
	word *= BITS_PER_LONG;
	switch (s->kind) {
	case DIRTYLOG_SCAN_FIND:
		found_leaves(s, word + __ffs(bits), word + __fls(bits));
		return bits;
	case DIRTYLOG_SCAN_PEEK:
		return scan_leaves(s, word, bits, DIRTYLOG_SCAN_PEEK);
	case DIRTYLOG_SCAN_TAKE:
		return scan_leaves(s, word, bits, DIRTYLOG_SCAN_TAKE);
	case DIRTYLOG_SCAN_TAKE_MASKED:
		return scan_leaves(s, word, bits, DIRTYLOG_SCAN_TAKE_MASKED);
	}
	return bits;
}

/*
 * One word of a level above the leaves, and what is below it. Goes down to
 * itself, %DIRTYLOG_MAX_LEVELS deep at most. Return: it keeps bits.
 */
static bool scan_level(struct scan *s, unsigned int level, unsigned long word)
{
	unsigned long *p = &s->record->level[level][word];
	unsigned int shift = level * ilog2(BITS_PER_LONG);
	unsigned long first = s->first >> (shift - ilog2(BITS_PER_LONG));
	unsigned long last = s->last >> (shift - ilog2(BITS_PER_LONG));
	unsigned long bits, kept = 0;

	bits = READ_ONCE(*p);
	if (!bits)
		return false;

	if (word == BIT_WORD(first))
		bits &= GENMASK(BITS_PER_LONG - 1, first % BITS_PER_LONG);
	if (word == BIT_WORD(last))
		bits &= GENMASK(last % BITS_PER_LONG, 0);
	if (!bits)
		return true;

	if (takes(s))
		bits = clear_bits(bits, p) & bits;

	if (level == 1) {
		kept = scan_below(s, word, bits);
	} else {
		for (; bits && !s->full; bits &= bits - 1) {
			if (scan_level(s, level - 1, word * BITS_PER_LONG + __ffs(bits)))
				kept |= bits & -bits;
		}
		kept |= bits;
	}

	if (!takes(s))
		return true;
	/* Spurious is legal, missing is not: the caller sets ours after this. */
	if (kept)
		or_bits(kept, p);
	return READ_ONCE(*p);
}

void dirtylog_record_scan(struct dirtylog_record *record,
			  enum dirtylog_scan kind, unsigned long first,
			  unsigned long end, unsigned long max_words,
			  unsigned long *buf, struct dirtylog_chunk *chunk)
{
	unsigned int top = record->nr_levels - 1;
	unsigned int shift = (top + 1) * ilog2(BITS_PER_LONG);
	struct scan s = {
		.record		= record,
		.kind		= kind,
		.first		= BIT_WORD(first),
		.last		= BIT_WORD(end - 1),
		.first_mask	= GENMASK(BITS_PER_LONG - 1, first % BITS_PER_LONG),
		.last_mask	= GENMASK((end - 1) % BITS_PER_LONG, 0),
		.max_words	= max_words,
		.buf		= buf,
		.words		= chunk->words,
		.buf_word	= BIT_WORD(first),
	};
	unsigned long word;

	if (first >= end) {
		chunk->nr = 0;
		return;
	}
	if (kind != DIRTYLOG_SCAN_FIND)
		bitmap_zero(chunk->words, DIRTYLOG_CHUNK_WORDS);

	for (word = first >> shift; word <= (end - 1) >> shift && !s.full; word++) {
		/* scan_below() would say the same of a clean word, after a call. */
		if (top)
			scan_level(&s, top, word);
		else if (READ_ONCE(record->level[0][word]))
			scan_below(&s, BIT_WORD(word), BIT(word % BITS_PER_LONG));
	}

	chunk->first = s.buf_word * BITS_PER_LONG;
	chunk->nr = s.nr_words * BITS_PER_LONG;
	chunk->bits = buf;
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_record_scan);
