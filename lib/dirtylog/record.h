/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The record: a hierarchical bitmap that is marked without a lock and searched
 * at the cost of what is set.
 */
#ifndef _LIB_DIRTYLOG_RECORD_H
#define _LIB_DIRTYLOG_RECORD_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/dirtylog.h>

/*
 * Levels are added until the top one has no more words than this. A pass reads them
 * all; a mark goes through one level more with fewer.
 */
#define DIRTYLOG_TOP_WORDS	64

/**
 * dirtylog_record_layout() - how many words each level takes
 * @nr_bits:	bits in level 0, not zero
 * @top_words:	words of the top level at most, not zero
 * @words:	out: words of each level
 *
 * Context: any.
 * Return: the number of levels, or 0 if they are more than
 * %DIRTYLOG_MAX_LEVELS.
 */
unsigned int dirtylog_record_layout(unsigned long nr_bits,
				    unsigned long top_words,
				    unsigned long words[DIRTYLOG_MAX_LEVELS]);

/**
 * dirtylog_record_init() - make a record in which nothing is set
 * @record:	storage, the caller's
 * @nr_bits:	bits in level 0, not zero
 * @top_words:	%DIRTYLOG_TOP_WORDS; tests pass less to get more levels
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if it would need too many levels; -ENOMEM.
 */
int dirtylog_record_init(struct dirtylog_record *record, unsigned long nr_bits,
			 unsigned long top_words);

/**
 * dirtylog_record_free() - free what a record allocated
 * @record:	the record; may be all zero
 *
 * Context: may sleep.
 */
void dirtylog_record_free(struct dirtylog_record *record);

/**
 * dirtylog_record_fill() - set every bit of a record nobody else can reach yet
 * @record:	the record
 *
 * Context: any.
 */
void dirtylog_record_fill(struct dirtylog_record *record);

/**
 * dirtylog_record_mark_up() - set one bit of a level, and those that stand for it
 * @record:	the record
 * @level:	the level; nothing is done if the record has no such level
 * @bit:	the bit there
 *
 * For level 0 a full barrier stands before this call, as before
 * dirtylog_record_mark(). For one above, the bits that @bit stands for are set; without
 * a barrier between that and this call, only if no scan runs.
 *
 * Context: any.
 */
static __always_inline void
dirtylog_record_mark_up(struct dirtylog_record *record, unsigned int level,
			unsigned long bit)
{
	for (; level < record->nr_levels; level++) {
		unsigned long *bits = record->level[level];

		/* Not test_bit(), which x86 has a slow instruction for. */
		if (unlikely(!(READ_ONCE(bits[BIT_WORD(bit)]) & BIT_MASK(bit)))) {
			set_bit(bit, bits);
			/*
			 * This bit before the read of the one that stands for its
			 * word: a scan that misses this bit has cleared that one
			 * before, so that it is set again here. Pairs with
			 * clear_bits() in scan_level(), one level up.
			 */
			smp_mb__after_atomic();
		} else {
			/*
			 * A mark that finds a bit set goes on to those above, or
			 * it would be done before it can be found: whoever set
			 * the bit may not have come that far. Pairs with
			 * clear_bits() in scan_level(): the bit above was not
			 * read before a scan cleared it, if this one was read
			 * after. Only the time at which a scan finds the mark
			 * hangs on it: who set the bit goes up as well.
			 */
			smp_rmb();
		}
		bit = BIT_WORD(bit);
	}
}

/**
 * dirtylog_record_mark() - set one bit
 * @record:	the record
 * @bit:	less than the record's nr_bits
 *
 * A full barrier stands between what the caller wrote before and this call.
 * Context: any.
 */
static __always_inline void dirtylog_record_mark(struct dirtylog_record *record,
						 unsigned long bit)
{
	dirtylog_record_mark_up(record, 0, bit);
}

/**
 * dirtylog_record_mark_range() - set a range of bits
 * @record:	the record
 * @first:	the first bit
 * @last:	the last bit, not less than @first and less than the record's
 *		nr_bits
 *
 * A full barrier stands between what the caller wrote before and this call.
 * Context: any.
 */
void dirtylog_record_mark_range(struct dirtylog_record *record,
				unsigned long first, unsigned long last);

/**
 * dirtylog_record_put_back() - set again what was taken
 * @record:	the record
 * @chunk:	bits to set
 *
 * Context: may be run beside marks, not beside another put-back or scan.
 */
void dirtylog_record_put_back(struct dirtylog_record *record,
			      const struct dirtylog_chunk *chunk);

/**
 * enum dirtylog_scan - what a scan does with the bits that it finds
 * @DIRTYLOG_SCAN_FIND:		does not read leaves that have a summary
 * @DIRTYLOG_SCAN_PEEK:		reads them
 * @DIRTYLOG_SCAN_TAKE:		clears them
 * @DIRTYLOG_SCAN_TAKE_MASKED:	clears those that are set in its buffer
 */
enum dirtylog_scan {
	DIRTYLOG_SCAN_FIND,
	DIRTYLOG_SCAN_PEEK,
	/* From here on they take. */
	DIRTYLOG_SCAN_TAKE,
	DIRTYLOG_SCAN_TAKE_MASKED,
};

/**
 * dirtylog_record_scan() - get the next chunk of set bits
 * @record:	the record
 * @scan:	what to do with them
 * @first:	the first bit of the range
 * @end:	the bit after the last, at most the record's nr_bits
 * @max_words:	words of the chunk at most, not more than
 *		%DIRTYLOG_CHUNK_WORDS
 * @buf:	@max_words words. For %DIRTYLOG_SCAN_TAKE_MASKED its first word
 *		is the mask of the record's word that has @first
 * @chunk:	out: what was found, in @buf; nr is 0 if nothing was, and the rest
 *		is then not valid
 *
 * Gets the first word that is set in the range and all that are set in the
 * @max_words words from there. A masked scan finds what is set in both, the
 * record and the mask; its chunk starts at the word that has @first. One that only
 * finds says from which word to which something may be set, in or beside the range, and
 * writes nothing to @buf, nor to the chunk's words.
 *
 * Context: may be run beside marks, not beside another scan or put-back.
 */
void dirtylog_record_scan(struct dirtylog_record *record,
			  enum dirtylog_scan scan, unsigned long first,
			  unsigned long end, unsigned long max_words,
			  unsigned long *buf, struct dirtylog_chunk *chunk);

#endif /* _LIB_DIRTYLOG_RECORD_H */
