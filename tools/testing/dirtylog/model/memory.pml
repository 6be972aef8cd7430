/* SPDX-License-Identifier: GPL-2.0 */
/*
 * To be included: two pages, each in a word of its own, one mapping, vCPUs with a
 * TLB each, and trackers with a record and a copy each.
 *
 * Data has no value here, only what a reader has missed: a write makes a page
 * differ from every copy, copying it makes it equal. So writes need no limit.
 */
#define ALL		3
#define WORD_OF(page)	(page)
#define WORDS_OF(pages)	(pages)
#define PAGES_OF(word)	(word)

/*
 * Entries that are writable; a cmpxchg of one is one statement. With RECORDS those that
 * are there: each is recording, or recorded.
 */
byte writable;
#ifdef RECORDS
/* Hardware has noted a write in the entry, and nobody has marked it. */
byte note;
bool note_lock;
#endif
/* Translations of writable entries that a vCPU may still use. */
byte tlb[VCPUS];
/* Pages that differ from a tracker's copy. */
byte differs[TRACKERS];
/* Taken out of the record, and no flush since: a pass's own window. */
byte taken[TRACKERS];
/* The window of rule 5: pages that a writer has opened, or written, and not marked. */
byte window[2];
/* Trackers for which the founding rule holds: dirtylog_tracker.live */
bool live[TRACKERS];
/* No writer begins anything any more. */
bool stop;

#define ON_TAKE(pages)	taken[t] = taken[t] | (pages)
#define COARSE
#include "record.pml"

bool rule1 = true;
bool copy = true;

#if VCPUS == 2
#define IN_TLBS		(tlb[0] | tlb[1])
#else
#define IN_TLBS		tlb[0]
#endif
#define IN_WINDOWS	(window[0] | window[1])
#define DIRTY(t)	(leaf[t] | taken[t])
#ifndef RECORDS
#define ARMED		(ALL & ~(writable | IN_TLBS))
#else
#define ARMED		(note | (ALL & ~IN_TLBS))
#endif
#define RULE1(t)	(!live[t] || (DIRTY(t) | ARMED | IN_WINDOWS) == ALL)

/*
 * Rule 1, at any moment. What a pass has taken counts as dirty until its flush: it
 * is on its way to the reader, or back.
 */
#ifndef ONLY_COPY
active proctype monitor()
{
end:
#if TRACKERS == 2
	d_step { !(RULE1(0) && RULE1(1)) -> rule1 = false; assert(rule1) }
#else
	d_step { !RULE1(0) -> rule1 = false; assert(rule1) }
#endif
}
#endif

inline pick(page)
{
	if
	:: page = 1
	:: page = 2
	fi
}

/* A store by whomever. */
inline store(page)
{
	differs[0] = differs[0] | page;
#if TRACKERS == 2
	differs[1] = differs[1] | page;
#endif
}

/*
 * dirtylog_mark(), which ends the window. Its end is no step of its own: later, it
 * would only keep others waiting.
 */
#ifndef OWN_MARK
inline mark(me, page)
{
#if TRACKERS == 2
	record_mark(0, page);
	mark_leaf(1, page);
	atomic { mark_summary(1, page); window[me] = 0; page = 0 }
#else
	mark_leaf(0, page);
	atomic { mark_summary(0, page); window[me] = 0; page = 0 }
#endif
}
#endif

#ifdef RECORDS
#define ITEM		byte item

/*
 * A note is taken, by an exchange of the entry, which may go with it, and then marked:
 * all under a lock, or fold would find no note in an entry, and the scan no mark.
 */
inline take_note(me, noted, gone)
{
#ifndef NO_NOTE_LOCK
	atomic { !note_lock -> note_lock = true }
#endif
#ifdef MARK_BEFORE_NOTE
	if
	:: note & noted ->
		record_mark(0, noted);
		record_mark(1, noted);
	:: else
	fi;
	atomic { writable = writable & ~(gone); note = note & ~noted };
#else
	atomic {
		writable = writable & ~(gone);
		if
		:: note & noted ->
			note = note & ~noted;
			window[me] = noted;
			item = noted
		:: else
		fi
	}
	if
	:: item -> mark(me, item)
	:: else
	fi;
#endif
	note_lock = false
}

/*
 * The guest where entries record: a write through the TLB leaves a note, but if the TLB
 * knows that there is one. A fault marks nothing.
 */
proctype vcpu(byte me)
{
	byte page;

	do
	:: atomic {
		!stop -> pick(page);
		if
		:: tlb[me] & page -> store(page)
		:: !(tlb[me] & page) && (writable & page) ->
			note = note | page;
			tlb[me] = tlb[me] | page
		:: !(writable & page) -> writable = writable | page
		fi;
		page = 0
	   }
	:: atomic { stop -> break }
	od
}

/* An MMU notifier of one page, whether writers run or not. TLBs may wait. */
proctype zapper(byte me)
{
	ITEM;

end:
	do
#ifndef ZAP_DROPS_NOTE
	:: take_note(me, 1, 1)
#else
	:: atomic { writable = writable & ~1; note = note & ~1 }
#endif
	od
}
#else
#define ITEM

/*
 * The guest, until it is told to stop: a vCPU that was kicked has left it. It
 * writes through its TLB, fills that from the tables, or faults. The fault path
 * makes the entry writable, then marks.
 */
proctype vcpu(byte me)
{
	byte page;

	do
	:: atomic {
		!stop -> pick(page);
		if
		:: tlb[me] & page -> store(page); page = 0
		:: writable & page -> tlb[me] = tlb[me] | page; page = 0
		:: !(writable & page) ->
#ifndef MARK_BEFORE_ENTRY
			writable = writable | page;
#endif
			window[me] = page
		fi
	   }
	   if
#ifndef MARK_BEFORE_ENTRY
	   :: page -> mark(me, page)
#else
	   :: page ->
		record_mark(0, page);
		atomic { writable = writable | page; window[me] = 0; page = 0 }
#endif
	   :: else
	   fi
#ifdef LOCKED_FAULT
	:: atomic {
		!stop -> pick(page);
		if
		:: writable & page -> page = 0
		:: !(writable & page) ->
			mmu_lock = true;
			rcu = true
		fi
	   }
	   if
	   :: page ->
		walk(page);
		atomic {
			writable = writable | page;
			rcu = false;
			mmu_lock = false;
			page = 0
		}
	   :: else
	   fi
#endif
	:: atomic { stop -> break }
	od
}

#endif

/* dirtylog_ops.flush: an IPI to each vCPU, one after the other. */
inline flush_tlbs()
{
#if VCPUS == 2
	tlb[1] = 0;
#endif
	tlb[0] = 0
}

#ifdef PROTECTOR
/*
 * Somebody else write-protects entries: page tracking, or a pass of another log on
 * these tables. It flushes later, at any time. That could be at the very end, so
 * it is no step here.
 */
proctype protector()
{
	do
	:: atomic { !stop -> writable = writable & 1 }
	:: atomic { !stop -> writable = writable & 2 }
	:: atomic { stop -> break }
	od
}
#endif

#ifdef DIRECT_WRITER
/* kvm_write_guest() and the like: the data, then the mark. */
proctype direct_writer(byte me)
{
	byte page;

	do
	:: atomic { !stop -> pick(page); window[me] = page }
#ifndef MARK_BEFORE_DATA
	   atomic { store(page) }
	   mark(me, page)
#else
	   record_mark(0, page);
	   atomic { store(page); window[me] = 0; page = 0 }
#endif
	:: atomic { stop -> break }
	od
}
#endif
