/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks against passes on one record: three pages, two of them in one word.
 *
 * Two markers, dirtylog_record_mark(), mark any page, any number of times. The
 * reader takes: all in chunks of one word, as dirtylog_harvest() does, or what a
 * mask names, as dirtylog_rearm() does; and puts a chunk back where it likes.
 *
 * reported	a page whose mark has returned is taken by the next pass that
 *		asks for it, unless a pass has taken it since the mark began; so is
 *		what was put back
 * nothing_left	after the last mark and one more pass, no leaf is set
 */
#define TRACKERS	1
#define MARKERS		2
#define ALL		7
#define WORD_OF(page)	(((page) & 3) -> 1 : 2)
#define WORDS_OF(pages)	(((pages) & 3 -> 1 : 0) | ((pages) & 4 -> 2 : 0))
#define PAGES_OF(word)	(((word) == 1) -> 3 : 4)

/*
 * One mark is watched, any of them, until a pass takes its page: whose it is
 * (0: it is over, or a put-back), and whether it has returned.
 */
byte watched;
byte by;
bool returned;

#define ON_TAKE(pages)				\
	if					\
	:: (pages) & watched ->			\
		watched = 0;			\
		by = 0;				\
		returned = false		\
	:: else					\
	fi

#include "record.pml"

bool reported = true;
bool nothing_left = true;
bool stop;
byte over;

proctype marker(byte me)
{
	byte page;

	do
	:: atomic {
		!stop ->
		if
		:: page = 1
		:: page = 2
		:: page = 4
		fi;
		if
		:: !watched ->
			watched = page;
			by = me
		:: true
		fi
	   }
	   record_mark(0, page);
	   d_step {
		if
		:: by == me ->
			by = 0;
			returned = true
		:: else
		fi;
		page = 0
	   }
	:: atomic { stop -> break }
	od;
	over++
}

/* Watch one of the pages that were put back. */
inline watch_put_back()
{
	if
	:: !watched ->
		if
		:: chunk & 1 -> watched = 1
		:: chunk & 2 -> watched = 2
		:: chunk & 4 -> watched = 4
		fi;
		returned = true
	:: true
	fi
}

proctype reader()
{
	SCAN_LOCALS;
	byte range, words, due;

	do
	:: atomic {
		if
		:: !stop -> range = ALL; words = 1
		:: !stop -> range = 6; words = 2
		:: !stop -> stop = true; goto next
		:: over == MARKERS -> range = ALL; words = 1
		fi;
		due = (returned -> watched & range : 0)
	   }
	   do
	   :: range ->
		scan_take(0, range, words);
		if
		:: !chunk -> range = 0
		:: chunk && over < MARKERS ->
			/* The sink fails. */
			put_back(0);
			atomic {
				watch_put_back();
				due = due & ~range;
				range = 0;
				chunk = 0
			}
		:: chunk ->
			atomic {
				due = due & ~chunk;
				/* A chunk of one word: on with those behind it. */
				range = ((words == 1 && (chunk & 3)) -> (range & 4) : 0);
				chunk = 0
			}
		fi
	   :: !range -> break
	   od;
	   words = 0;
#ifndef ONLY_NOTHING_LEFT
	   atomic {
		reported = !due;
		assert(reported)
	   }
#endif
	   due = 0;
	   if
	   :: over == MARKERS -> break
	   :: else
	   fi;
next:	   skip
	od;
#ifndef ONLY_REPORTED
	atomic {
		nothing_left = !leaf[0];
		assert(nothing_left)
	}
#endif
}

init
{
	atomic {
		run marker(1);
		run marker(2);
		run reader()
	}
}
