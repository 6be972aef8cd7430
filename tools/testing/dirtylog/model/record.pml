/* SPDX-License-Identifier: GPL-2.0 */
/*
 * To be included: the record, lib/dirtylog/record.c, with two levels.
 *
 * A page is a bit of the leaves, a word of leaves a bit of the summary. The model
 * says which pages are in which word: WORD_OF(page), WORDS_OF(pages), PAGES_OF(word).
 * Each statement is one access to memory, each d_step and atomic one atomic
 * operation. Memory is sequentially consistent here: barriers are the matter of
 * store-buffer.pml.
 *
 * COARSE, for models of more than the record: a test and the set that may follow
 * are one step, that of the set. A test that finds the bit clear changes nothing,
 * so nothing is lost by that but time. So are the reads and the clearing of a scan.
 */
byte leaf[TRACKERS];
byte summary[TRACKERS];

/* Level 0 in dirtylog_record_mark_up(): the test, and the set */
inline mark_leaf(t, page)
{
#ifdef COARSE
	leaf[t] = leaf[t] | page
#else
	if
	:: leaf[t] & page
	:: else -> leaf[t] = leaf[t] | page
	fi
#endif
}

/* The level above */
inline mark_summary(t, page)
{
#ifdef COARSE
	summary[t] = summary[t] | WORD_OF(page)
#else
	if
	:: summary[t] & WORD_OF(page)
	:: else -> summary[t] = summary[t] | WORD_OF(page)
	fi
#endif
}

/* dirtylog_record_mark() */
inline record_mark(t, page)
{
#if defined(SUMMARY_BEFORE_LEAF)
	mark_summary(t, page);
	mark_leaf(t, page)
#elif defined(LEAF_HIT_RETURNS)
	if
	:: leaf[t] & page
	:: else ->
		leaf[t] = leaf[t] | page;
		mark_summary(t, page)
	fi
#else
	mark_leaf(t, page);
	mark_summary(t, page)
#endif
}

/* What a scan has at hand: locals of whoever scans. */
#define SCAN_LOCALS	byte bits, kept, word, got, chunk; bool no_room

/* dirtylog_record_put_back() of the chunk at hand */
inline put_back(t)
{
#ifndef NO_PUT_BACK
	word = 1;
	do
	:: word <= 2 && (chunk & PAGES_OF(word)) ->
#ifndef PUT_BACK_SUMMARY_ONLY
		leaf[t] = leaf[t] | (chunk & PAGES_OF(word));
#endif
#ifndef PUT_BACK_LEAF_ONLY
		mark_summary(t, PAGES_OF(word));
#endif
		word = word << 1
	:: word <= 2 && !(chunk & PAGES_OF(word)) -> word = word << 1
	:: word > 2 -> break
	od;
	word = 0
#else
	skip
#endif
}

/* clear_bits() in scan_leaves(), and what it returns; ON_TAKE(pages) is the model's. */
inline clear_leaf(t, range)
{
	d_step {
		got = leaf[t] & PAGES_OF(word) & range;
#ifndef COARSE
		if
		:: leaf[t] & PAGES_OF(word) & ~range -> kept = kept | word
		:: else
		fi;
#endif
#ifdef CLEAR_NOT_ATOMIC
	};
	d_step {
		leaf[t] = leaf[t] & ~(PAGES_OF(word) & range);
#endif
		leaf[t] = leaf[t] & ~got;
		ON_TAKE(got);
		chunk = chunk | got;
		got = 0
	}
}

/* scan_leaves() that takes, of one word, for chunks of so many words */
inline scan_leaf(t, range, words)
{
#ifdef COARSE
	atomic {
		if
		:: !(leaf[t] & PAGES_OF(word))
		:: (leaf[t] & PAGES_OF(word)) && chunk -> kept = kept | word
		:: (leaf[t] & PAGES_OF(word)) && !chunk -> clear_leaf(t, range)
		fi
	}
#else
	if
	:: no_room -> kept = kept | word
	:: !no_room && !(leaf[t] & PAGES_OF(word))
	:: !no_room && (leaf[t] & PAGES_OF(word)) && !(leaf[t] & PAGES_OF(word) & range) ->
		kept = kept | word
	:: !no_room && (leaf[t] & PAGES_OF(word) & range) ->
		if
		:: words == 1 && chunk ->
			no_room = true;
			kept = kept | word
		:: else -> clear_leaf(t, range)
		fi
	fi
#endif
}

/* scan_level() that takes, and dirtylog_record_scan(): the next chunk of the range */
inline scan_take(t, range, words)
{
#ifndef COARSE
	bits = summary[t] & WORDS_OF(range);
#else
	atomic {
	bits = summary[t] & WORDS_OF(range);
#endif
#ifndef LEAF_CLEARED_FIRST
	summary[t] = summary[t] & ~bits;
#endif
#ifdef COARSE
	}
#endif
	word = 1;
	do
	:: word <= 2 && (bits & word) ->
		scan_leaf(t, range, words);
		word = word << 1
	:: word <= 2 && !(bits & word) -> word = word << 1
	:: word > 2 -> break
	od;
#ifdef LEAF_CLEARED_FIRST
	summary[t] = summary[t] & ~bits;
#endif
#ifndef SUMMARY_NOT_KEPT
	if
	:: kept -> summary[t] = summary[t] | kept
	:: else
	fi;
#endif
	atomic {
		bits = 0;
		kept = 0;
		word = 0;
		no_room = false
	}
}
