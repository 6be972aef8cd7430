/* SPDX-License-Identifier: GPL-2.0 */
/*
 * To be included: what a reader does, lib/dirtylog/pass.c and protect.c.
 */
bool harvest_lock;

#ifndef MAY_PROTECT
#define MAY_PROTECT	true
#endif

#define READER_LOCALS	SCAN_LOCALS; byte range, shown; bool owed, fails, last; ITEM

inline lock()
{
	atomic { !harvest_lock -> harvest_lock = true }
}

inline unlock()
{
	harvest_lock = false
}

/* dirtylog_protect_chunk(): a chunk is a page here. */
inline protect(pages)
{
#ifdef RECORDS
#ifndef PROTECT_DROPS_NOTE
	take_note(1, pages, 0)
#else
	note = note & ~pages
#endif
#else
	atomic {
		MAY_PROTECT ->
		if
		:: writable & pages ->
			writable = writable & ~pages;
			owed = true
		:: else
		fi
	}
#endif
}

#ifdef RECORDS
/* pass_fold(): of two pages, which the scan then takes in one chunk or in two. */
inline fold()
{
#if defined(FOLD_LOOKS_FIRST)
	if
	:: note & 1 -> take_note(1, 1, 0)
	:: else
	fi;
	if
	:: note & 2 -> take_note(1, 2, 0)
	:: else
	fi
#elif !defined(NO_FOLD)
	take_note(1, 1, 0);
	take_note(1, 2, 0)
#else
	skip
#endif
}
#endif

/*
 * pass_end(): dirtylog_flush_mappings(), unlock; and the reader copies what it was
 * shown. To copy later, and page by page, would only make it miss less.
 */
inline copy_shown(t)
{
	atomic {
		taken[t] = 0;
		owed = false;
		differs[t] = differs[t] & ~shown;
		shown = 0
	}
}

inline pass_end(t)
{
#ifdef UNLOCK_BEFORE_FLUSH
	unlock();
#endif
	if
	:: owed ->
#ifndef NO_FLUSH
		flush_tlbs()
#else
		skip
#endif
	:: else
	fi;
#if defined(UNLOCK_BEFORE_FLUSH) || defined(UNLOCK_BEFORE_PROTECT)
	copy_shown(t)
#else
	atomic { copy_shown(t); unlock() }
#endif
}

/*
 * show_pass() of a harvest, in chunks of a page. It may fail, before protect or in
 * the sink, unless it is the last one.
 */
inline harvest(t)
{
	lock();
#ifdef RECORDS
	fold();
#endif
	range = ALL;
	do
	:: range ->
		scan_take(t, range, 1);
#ifdef UNLOCK_BEFORE_PROTECT
		unlock();
#endif
		if
		:: !chunk -> range = 0
		:: chunk ->
			atomic {
				if
				:: fails = false
				:: !last -> fails = true
				fi;
#ifndef FLUSH_IF_CHANGED
				owed = true
#endif
			}
			if
			:: protect(chunk)
			:: fails
			fi;
#ifdef PROTECT_RESULT_IGNORED
			fails = false;
#endif
			if
			:: fails ->
				put_back(t);
				atomic {
					taken[t] = taken[t] & ~chunk;
#ifdef NO_FLUSH_ON_ERROR
					owed = false;
#endif
					fails = false;
					range = 0;
					chunk = 0
				}
			:: else ->
				atomic {
					shown = shown | chunk;
					range = ((chunk & 1) -> (range & 2) : 0);
					chunk = 0
				}
#ifdef COPY_BEFORE_FLUSH
				atomic { differs[t] = differs[t] & ~shown; shown = 0 }
#endif
			fi
		fi
	:: !range -> break
	od;
	pass_end(t)
}

/*
 * dirtylog_quiesce(). No writer opens a window after stop, so they may as well be waited
 * for all at once; that the harvest lock is held meanwhile only keeps others waiting. A
 * zapper may open one right after.
 */
inline quiesce()
{
#ifndef NO_QUIESCE
	atomic { !harvest_lock && !IN_WINDOWS -> skip }
#else
	skip
#endif
}

/*
 * Round by round, or with no round but the last: stop the writers, quiesce, harvest
 * once more, and the copy is the same as memory.
 */
inline read_rounds(t, more)
{
	do
	:: if
	   :: more
	   :: stop = true;
	      quiesce();
	      last = true
	   fi;
	   harvest(t);
	   if
	   :: last -> break
	   :: else
	   fi
	od;
#ifndef ONLY_RULE1
	atomic {
		copy = !differs[t];
		assert(copy)
	}
#endif
}
