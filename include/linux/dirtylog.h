/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dirtylog - which page frames were written since somebody last asked
 *
 * For page frames that can be written through mappings which the core memory
 * manager does not own: a KVM MMU's SPTEs, an s390 gmap, a device's tables.
 * Stores by userspace to the same memory, through its own page tables, are not
 * seen unless those tables are a mapping too, as they are on s390.
 */
#ifndef _LINUX_DIRTYLOG_H
#define _LINUX_DIRTYLOG_H

#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <asm/page.h>

/**
 * DOC: nouns
 *
 * log
 *	One contiguous range of page frames, a KVM memslot for example. Frames
 *	are counted from the start of the log, never from zero in guest physical
 *	memory, so that a log survives a copy or a move of the slot that points
 *	to it.
 *
 * mapping
 *	One way through which those frames can be written. What shares page
 *	tables is one mapping, what has tables of its own is a mapping of its
 *	own, unless one protect op walks them all under one lock. No mapping
 *	passes protection on to another: the core drives each. Tables that map
 *	several logs are a mapping of each: what turns a frame of the log into
 *	an address belongs into it.
 *
 * tracker
 *	One independent reader with a record of its own. What one tracker
 *	harvests stays dirty for every other.
 *
 * frame
 *	A page frame of the log, 0 to nr_pages - 1, of PAGE_SIZE bytes. Where
 *	hardware has smaller pages, arming a frame arms all of them. Backends
 *	speak of frames.
 *
 * granule
 *	2^order frames, the unit of one tracker's record. Readers speak of
 *	granules. Granule g covers the frames from g << order; the last one may
 *	be cut short by the end of the log.
 *
 * pass
 *	A reader's way through the record of its tracker, or a part of it:
 *	harvest, peek or rearm.
 */

/**
 * DOC: locks
 *
 * From the outside in::
 *
 *	the owner's locks (KVM: slots_lock, slots_arch_lock)
 *	  the log's harvest lock, a mutex
 *	    mmap_lock
 *	      what the lock and arm ops of one mapping take (KVM: mmu_lock)
 *
 * Every function here but the marks, and those that make, name and end a log, takes
 * the harvest lock. So none of them may be called from an MMU notifier, from under
 * mmap_lock, from an op, for the same log from a sink or a source, or from a
 * read-side section (RCU, or an SRCU of the owner) that a sync or quiesce op waits for:
 * what keeps @owner in place is a lock from above the harvest lock. Nor may a lock
 * that others take within such a section be held, unless nobody can reach the log
 * yet. Marks, and what is said to be as they are, take no lock and may be called from
 * all of these, but for ranges so long that they may sleep. The locks of two mappings
 * are never held at the same time.
 *
 * Whoever can return -EINTR waits killably for the harvest lock; the others wait
 * for a pass that is killable itself.
 *
 * Which ops a function calls, in this order::
 *
 *	harvest      sync; for each chunk fold, prepare, lock, protect (and
 *	             contended between two), unlock; flush (with
 *	             DIRTYLOG_FLUSH_CHUNKS before each call of the sink)
 *	peek         sync; for each chunk fold
 *	rearm        as harvest, without sync and fold
 *	arm          arm, or what rearm calls if another tracker is live; flush
 *	protect      prepare, lock, protect, unlock
 *	protect_all  arm
 *	flush        flush
 *	quiesce      quiesce
 *	unmap        sync, fold
 *	detach       disarm, if it was the last tracker
 */

/**
 * DOC: founding rule
 *
 * Rule 1. At any moment each page is dirty in every live tracker's record, or in the
 * hands of a pass, which holds the harvest lock, or it is *armed* in every mapping, or
 * it is inside a window (rule 5). Armed
 * means that no write through the mapping can happen but that dirtylog_mark() is
 * called for it: it faults into a path that marks, or leaves a hardware record that
 * gets there. An entry that faults for another reason (it is not young) and keeps
 * its write permission is not armed.
 *
 * Stores that hardware makes for a guest, such as A and D bits in the guest's own page
 * tables, are writes, whatever the fault that they cause is called.
 *
 * A *direct writer* (the kernel or a device that writes past all mappings:
 * kvm_write_guest(), steal time, pinned DMA) is never armed. It writes, then
 * marks, every time; its window is from the write to the mark.
 *
 * The race: a page that is neither dirty nor armed is written, nobody learns
 * of it, and the copy that a migration made of it stays old for ever.
 */

/**
 * DOC: large entries
 *
 * Rule 8. A backend that makes a large entry writable marks every frame that the entry
 * maps, in each log that has some of them: simplest is an entry that crosses no log's
 * edge. A fault that puts such an entry in place of a table needs no more than that,
 * but for notes in that table (rule 7). Making one small page writable never makes its
 * neighbours writable. A split hands each small entry the large one's protection and
 * notification bits; a collapse gathers them: the large entry is writable only if all
 * small ones were, and it notifies if any of them did. Evidence of a write (rule 7) is
 * handed on, or marked. Taking a granule arms every frame of it in all mappings; that
 * is the core's part.
 *
 * From the look at the old state until the new entries are in place, and evidence that
 * is handed on with them, no protect, arm or fold of any log on these tables may look at
 * them: hold a lock that they hold exclusively; or put the filled table in place by a
 * cmpxchg() of the entry that was looked at, and start again if that fails; or make the
 * new entries read-only; or, in a window, mark what is writable in them after they are
 * in place. The last two are for permission only: evidence needs one of the others. A
 * pass that comes between finds nothing there, takes that for armed, and has taken the
 * mark of what is writable a moment later.
 *
 * The race: one page of a large entry is marked, the whole entry becomes
 * writable, and the writes to the other 511 pages go unseen.
 */

/**
 * DOC: backing page
 *
 * Rule 9. The backend sees to it that the folio behind an entry that was writable
 * is marked dirty while a reference to it is held, or before the notifier that
 * takes the mapping away returns; never later. A backend that does so when it
 * zaps an entry that looks written has to do so wherever it takes that look away
 * (protect, fold, arm, split), or to leave a trace there. The core never touches
 * a folio.
 *
 * The race: the folio is reclaimed as clean, and what was written is gone.
 */

/**
 * DOC: recording entries
 *
 * An entry through which hardware writes without a fault, but notes that it did (a
 * D bit, a list such as Intel's PML), is
 *
 * *recording* while that note is not there: writes go through, and are noted. It
 * counts as armed, and not as writable, wherever this file says so;
 *
 * *recorded* once the note is there, and nobody has marked the frames. It counts as
 * armed: the note gets there. The note is evidence (rule 7) and stands for all frames
 * that the entry maps. Whoever takes it away marks all of them that lie in the log,
 * outside of the range at hand too, and those of another log there; or leaves the note
 * alone.
 *
 * The note of an entry is taken by an atomic exchange, and what that returned is
 * marked, both under one lock: of the tables, the same for all logs on them, under
 * which alone fold and protect look at an entry. These two take notes themselves, and
 * hold it exclusively, against those of other logs too; shared is enough for all
 * others. So fold finds the note, or the scan after it the mark. Marked first and taken
 * then, a write in between is lost. Marked without the lock, by an MMU notifier, it is
 * lost to the last pass: the notifier does not stop with the writers, and no quiesce
 * waits for one that comes after it. Nor does fold find what is in a table that was
 * taken out as a whole: the lock is held until all its notes are marked, each entry
 * exchanged for one that is not there, as hardware may still walk them. A note that is
 * taken owes no flush of its own: the mark keeps the frame dirty until a pass that
 * flushes.
 *
 * Lists are the sync op's matter. Who else takes something from one, and is no writer
 * that stops (the sync op for another log on these tables), marks it under a lock that
 * sync takes; so does who clears the sign that a list ran over.
 *
 * Where hardware has both, a list and a D bit that keeps it from listing again, D says
 * only that no item will come. Protect clears it always. The item is evidence enough
 * for the one frame that it names. D of a larger entry is a note like any other, for
 * fold too, as there may be other entries when the list is read.
 *
 * Protect makes an entry record again, or makes it read-only. It may be the first
 * op that a mapping sees, so it turns recording on where hardware needs that; where
 * that sleeps, prepare does. Recording comes first, and the look at entries then. As
 * long as it is off, entries that let write are writable: making one takes a mark, and
 * %DIRTYLOG_START_CLEAN and dirtylog_map() mean them as well.
 */

/* Frames of the largest granule: 1 GiB. */
#define DIRTYLOG_MAX_ORDER	(30 - PAGE_SHIFT)

/* Frames of the largest log. */
#if BITS_PER_LONG == 64
#define DIRTYLOG_MAX_PAGES	BIT(40)
#else
#define DIRTYLOG_MAX_PAGES	BIT(31)
#endif

/* Frames that one batch arms at most, in as many page tables if need be. */
#define DIRTYLOG_BATCH_PAGES	512

/* Granules of a chunk, width of a batch, and frames between two drops of a lock, at most. */
#define DIRTYLOG_CHUNK_PAGES	32768

/* Words of a chunk or of a batch at most. */
#define DIRTYLOG_CHUNK_WORDS	(DIRTYLOG_CHUNK_PAGES / BITS_PER_LONG)

/* Levels of a record at most: enough for %DIRTYLOG_MAX_PAGES bits. */
#define DIRTYLOG_MAX_LEVELS	8

struct dirtylog_mapping;

/**
 * struct dirtylog_batch - frames that protect has to arm
 * @first:	frame of bit 0 of @bits, a multiple of BITS_PER_LONG
 * @nr:		bits in @bits, in frames; %DIRTYLOG_CHUNK_PAGES at most, and a
 *		multiple of BITS_PER_LONG but at the end of the log
 * @bits:	bit n is set: frame @first + n has to be armed. At least one bit
 *		is set, %DIRTYLOG_BATCH_PAGES at most are, and none at or beyond
 *		the end of the log
 * @words:	bit n is clear: word n of @bits is zero. A way past many of them. No
 *		bit is set behind the last word
 *
 * Where little is dirty, a batch is wide and has few bits: an op that does anything
 * for what lies between them makes it cost what exists. A batch is not aligned to
 * anybody's page tables.
 */
struct dirtylog_batch {
	unsigned long first;
	unsigned int nr;
	const unsigned long *bits;
	const unsigned long *words;
};

/**
 * dirtylog_next_word() - find the next word that may have bits
 * @words:	of a &struct dirtylog_batch, or of a &struct dirtylog_chunk
 * @nr:		how many words that has
 * @word:	where to begin
 *
 * As find_next_bit(), without a call where bits are close together.
 *
 * Context: any.
 * Return: the index of a word, or @nr if there is none.
 */
static inline unsigned long dirtylog_next_word(const unsigned long *words,
					       unsigned long nr, unsigned long word)
{
	unsigned long left;

	if (word >= nr)
		return nr;
	left = words[word / BITS_PER_LONG] >> word % BITS_PER_LONG;
	if (left)
		return word + __ffs(left);
	return find_next_bit(words, nr, word);
}

/**
 * struct dirtylog_ops - all that an architecture supplies
 *
 * @owner, in every op, is what the caller of the core handed down; KVM passes the
 * memslot that is current, as slots are copied behind the log's back. To a mapping
 * that is not of the log's owner it means nothing. Every op
 * runs under the log's harvest lock: no two ops of one log run at the same time.
 * Those of another log on the same tables may, and faults, zaps and direct
 * writers run beside all of them.
 *
 * An op cannot be used to learn whether a log is being read: a tracker that starts
 * dirty or clean is live without any of them. Fault paths mark always: a mark of a
 * log without a tracker costs a barrier and a load. Those that decide whether to
 * mark by something else have all learned to do so, and the last one that did
 * not is over, before the first of these: a pass of a tracker that starts dirty, a
 * dirtylog_arm(), a dirtylog_attach() of a tracker that starts clean; they go on until
 * the last tracker is detached, whoever's it is. Nor does a backend learn which granules
 * trackers have: it sees frames.
 *
 * Protect, flush and arm are needed, all others optional.
 */
struct dirtylog_ops {
	/**
	 * @sync: Bring what hardware has buffered (Intel PML), and what an
	 * interrupt handler has pulled from there, to dirtylog_mark(), or see to
	 * it that it gets there in bounded time; then the quiesce op waits for
	 * it, or stopping the writers does (a vCPU that leaves the guest). If
	 * the buffer is lost, or ran over, marks the whole log, and all others
	 * that have these tables. Called once at the start of every harvest and
	 * peek, and by dirtylog_unmap().
	 *
	 * Also the place to wait for windows (rule 5) of those who open pages that
	 * others write: a reader that is an ioctl does not know that it is the
	 * last, and calls no dirtylog_quiesce(). synchronize_rcu_expedited(), if
	 * such windows have preemption disabled.
	 *
	 * Context: may sleep, no lock of the mapping held.
	 */
	void (*sync)(struct dirtylog_mapping *mapping, void *owner);

	/**
	 * @fold: Bring to dirtylog_mark() every write to frames @first to
	 * @first + @nr - 1 of which an entry is the only evidence (rule 7), and
	 * clear it there. For recording entries; see there for the lock, and for those
	 * that map more than these frames. Called for what a pass is about to look at, at
	 * most %DIRTYLOG_CHUNK_PAGES granules at a time, and for all of the log by
	 * dirtylog_unmap(). Protect folds what it changes by itself, as writes go
	 * on after this.
	 *
	 * Context: may sleep, no lock of the mapping held; takes locks and
	 * gives way by itself.
	 */
	void (*fold)(struct dirtylog_mapping *mapping, void *owner,
		     unsigned long first, unsigned long nr);

	/**
	 * @quiesce: Return when every window (rule 5) of this mapping and of
	 * the owner's direct writers that was open when it was called is
	 * closed, and what hardware had buffered is marked, or will be by the
	 * next sync. Windows in RCU read-side sections, preemption disabled
	 * included, are the core's business. An owner whose log may have no
	 * mapping waits for its direct writers itself.
	 *
	 * Context: may sleep, no lock of the mapping held. Return: 0, or
	 * -EINTR if a fatal signal ended the wait.
	 */
	int (*quiesce)(struct dirtylog_mapping *mapping, void *owner);

	/**
	 * @prepare: Do what protect needs and cannot do under the lock, such
	 * as splitting large entries that cover a page of the batch, if they
	 * cover others as well. Called for all batches of a chunk before the
	 * lock is taken for them.
	 * What it does may fail, or be undone by others before protect runs;
	 * protect must be right all the same. Takes locks and gives way by
	 * itself.
	 *
	 * Context: may sleep, no lock of the mapping held.
	 */
	void (*prepare)(struct dirtylog_mapping *mapping, void *owner,
			const struct dirtylog_batch *batch);

	/**
	 * @lock: Take what protect needs to walk, and the lock of the entries
	 * unless it takes that itself. Needed if @unlock or @contended is there.
	 * The core does not sleep until @unlock.
	 *
	 * Context: may sleep.
	 */
	void (*lock)(struct dirtylog_mapping *mapping, void *owner);

	/** @unlock: Drop what @lock took. */
	void (*unlock)(struct dirtylog_mapping *mapping, void *owner);

	/**
	 * @contended: Is somebody waiting for the lock? Asked between
	 * two batches, with the lock held; true makes the core drop the lock
	 * and take it again. So whoever waits does so for one batch at most:
	 * %DIRTYLOG_BATCH_PAGES frames, at worst in as many tables. Must not
	 * be rwlock_needbreak() or spin_needbreak(), which are always false on
	 * most kernels: ask rwlock_is_contended() or spin_is_contended(). Where
	 * these cannot tell, as with PREEMPT_RT, the core drops the lock after
	 * %DIRTYLOG_CHUNK_PAGES frames, or when the CPU is wanted.
	 */
	bool (*contended)(struct dirtylog_mapping *mapping, void *owner);

	/**
	 * @protect: Arm each frame of the batch: when the flush that follows is
	 * done, the next write through this mapping reaches dirtylog_mark().
	 * Large entries that are writable and cover a frame of the batch are
	 * armed as a whole. An entry that is not there, or is armed already,
	 * needs nothing. Hardware may set bits in an entry at any moment, and
	 * the fault path may make one writable without the lock: change entries
	 * by cmpxchg or a single atomic operation on what was read. An entry
	 * that is no evidence (rule 7) may be taken away instead. A large
	 * entry or a table may begin before frame 0, and end after the last; so
	 * a walk steps to the next boundary, not by an entry's size from where it
	 * is. There may be no tables at all, if their owner has dropped them.
	 *
	 * If it is wrong: a frame left writable is a lost write.
	 *
	 * Context: @lock held, must not drop it and must not sleep unless that
	 * lock allows it. Return: 0, or a negative errno: the core then takes
	 * nothing of the chunk for protected, puts its bits back and ends the
	 * pass with that errno. Nothing else, not even to ask for a flush, which
	 * is owed anyway.
	 */
	int (*protect)(struct dirtylog_mapping *mapping, void *owner,
		       const struct dirtylog_batch *batch);

	/**
	 * @flush: Return when no CPU or device can write to any frame of the
	 * log through a translation that is older than the call, and what was
	 * written through one can be read. Must not be skipped because protect
	 * changed nothing (rule 6): an entry that was found read-only or gone
	 * may still be cached. A request that a CPU finds when it next enters
	 * the guest will do, if that same CPU acts on it before it runs the
	 * guest. Cannot fail; hardware that can is to be kept
	 * from writing at all before this returns. Called after the last
	 * protect of a pass in which a bit was taken, with
	 * %DIRTYLOG_FLUSH_CHUNKS of each chunk, by dirtylog_arm(), and by
	 * dirtylog_flush().
	 *
	 * Context: may sleep, no lock of the mapping held.
	 */
	void (*flush)(struct dirtylog_mapping *mapping, void *owner);

	/**
	 * @arm: Arm every frame of the log, as protect would; a flush follows,
	 * of the core or, after dirtylog_protect_all(), of the caller. Takes
	 * locks and gives way by itself.
	 *
	 * Context: may sleep, no lock of the mapping held. Return: 0, or a
	 * negative errno: the tracker is not live then.
	 */
	int (*arm)(struct dirtylog_mapping *mapping, void *owner);

	/**
	 * @disarm: The last tracker was detached; entries may be writable
	 * again, and large again, unless the owner keeps a list elsewhere, by
	 * dirtylog_protect(), that goes on. What this has opened by the time it
	 * returns needs no mark; what is opened later does. Frames of other logs
	 * on the same tables stay as they are, and hardware goes on recording for
	 * them. May come without an arm or a protect before it.
	 *
	 * Context: may sleep, no lock of the mapping held.
	 */
	void (*disarm)(struct dirtylog_mapping *mapping, void *owner);
};

/**
 * struct dirtylog_mapping - one way to write to the frames of a log
 * @ops:	how to arm them; set by the backend before dirtylog_map()
 * @log:	the log, or NULL while it has none. Set by dirtylog_map(), and NULL
 *		when dirtylog_unmap() returns: its sync and fold ops still see it. Who
 *		reads it outside of ops has stopped before that call
 * @node:	the core's
 *
 * To be zeroed and embedded in the backend's own structure, which the ops find by
 * container_of().
 */
struct dirtylog_mapping {
	const struct dirtylog_ops *ops;
	struct dirtylog *log;
	struct list_head node;
};

/* The kinds of passes, for tracepoints and counters. */
enum dirtylog_pass_kind {
	DIRTYLOG_PASS_HARVEST,
	DIRTYLOG_PASS_PEEK,
	DIRTYLOG_PASS_REARM,
	DIRTYLOG_NR_PASS_KINDS,
};

/* Why a lock was dropped between two batches, for a tracepoint. */
#define DIRTYLOG_RELAX_RESCHED		BIT(0)
#define DIRTYLOG_RELAX_HELD		BIT(1)
#define DIRTYLOG_RELAX_CONTENDED	BIT(2)

/* Bytes of the name that an owner gives to a log, the final zero included. */
#define DIRTYLOG_NAME_SIZE		32

/**
 * struct dirtylog_log_stats - what happened to a log while counting was on
 * @node:	in the list of all logs
 * @name:	what its owner calls it
 * @batches:	batches protected, each mapping counted
 * @frames:	frames in them
 * @relaxes:	drops of a lock between two batches
 * @flushes:	flushes, each of all mappings
 *
 * The counters are written under the harvest lock.
 */
struct dirtylog_log_stats {
	struct list_head node;
	char name[DIRTYLOG_NAME_SIZE];
	unsigned long batches;
	unsigned long frames;
	unsigned long relaxes;
	unsigned long flushes;
};

/**
 * struct dirtylog_tracker_stats - what a reader did while counting was on
 * @passes:	passes of each kind
 * @shown:	granules that sinks were shown
 * @taken:	granules taken out of the record
 * @put_back:	those of them that were put back
 * @failed:	passes that returned an error
 *
 * Written under the harvest lock.
 */
struct dirtylog_tracker_stats {
	unsigned long passes[DIRTYLOG_NR_PASS_KINDS];
	unsigned long shown;
	unsigned long taken;
	unsigned long put_back;
	unsigned long failed;
};

/**
 * struct dirtylog - one range of page frames
 * @nr_pages:	frames in the log
 * @trackers:	readers, RCU: what marks walk
 * @marks:	marks while counting was on, in frames; for CONFIG_DIRTYLOG_STATS
 * @lock:	the harvest lock
 * @mappings:	under @lock
 * @stats:	what passes count
 *
 * What a mark reads is apart from what a pass writes. Ops may read @nr_pages;
 * everything else is the core's.
 */
struct dirtylog {
	unsigned long nr_pages;
	struct list_head trackers;
	unsigned long __percpu *marks;

	struct mutex lock ____cacheline_aligned_in_smp;
	struct list_head mappings;
	struct dirtylog_log_stats stats;
};

/**
 * struct dirtylog_record - a hierarchical bitmap
 * @nr_bits:	bits in level 0
 * @nr_levels:	levels in use
 * @level:	@level[0] has a bit for each granule; bit n of each level above
 *		stands for word n of the one below and is set whenever that
 *		word is not zero. It may be set for a word that is zero
 *
 * Native bit order; the byte order of an ABI is the business of its sink.
 */
struct dirtylog_record {
	unsigned long nr_bits;
	unsigned int nr_levels;
	unsigned long *level[DIRTYLOG_MAX_LEVELS];
};

/**
 * struct dirtylog_tracker - one independent reader
 * @record:	its granules
 * @order:	frames in a granule, as a power of two
 * @live:	the founding rule holds for this tracker
 * @shared:	a marker could reach the log before the tracker was there
 * @node:	in the log's list, RCU
 * @log:	what it is attached to, or NULL
 * @buf:	bits of the chunk at hand, under the harvest lock
 * @stats:	what passes count
 */
struct dirtylog_tracker {
	struct dirtylog_record record;
	unsigned int order;
	bool live;
	bool shared;
	struct list_head node;
	struct dirtylog *log;
	unsigned long *buf;
	struct dirtylog_tracker_stats stats;
};

/**
 * dirtylog_init() - make a log
 * @log:	storage, the caller's
 * @nr_pages:	frames in the log, 1 to %DIRTYLOG_MAX_PAGES
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if @nr_pages is out of range; -ENOMEM. After an error there
 * is nothing to destroy.
 */
int dirtylog_init(struct dirtylog *log, unsigned long nr_pages);

/**
 * dirtylog_set_name() - say what a log is called in debugfs
 * @log:	the log
 * @fmt:	as for printf(); cut at %DIRTYLOG_NAME_SIZE bytes
 *
 * Context: may sleep.
 */
__printf(2, 3)
void dirtylog_set_name(struct dirtylog *log, const char *fmt, ...);

/**
 * dirtylog_destroy() - end a log and what is still attached to it
 * @log:	the log
 *
 * Trackers and mappings that it still has are gone afterwards, without a grace
 * period and without disarming: the caller has made sure that nobody can reach
 * the log any more, markers included. KVM calls it where a memslot is freed,
 * after synchronize_srcu().
 *
 * Context: may sleep; no pass and no mark of this log is running.
 */
void dirtylog_destroy(struct dirtylog *log);

/**
 * dirtylog_map() - add a mapping to a log
 * @log:	the log
 * @mapping:	the mapping, with its ops set
 *
 * From here on every pass arms its frames in this mapping too. A log that has no
 * tracker yet is owed one thing: whoever starts one has to know for which faults of
 * this mapping to wait, see &struct dirtylog_ops. How it starts covers the rest. A
 * mapping that has a writable entry by then, or a fault under way that does not mark,
 * may join a log that has trackers as well: the caller waits until the last such fault
 * is over, and until nobody takes notes who does not know this log, and then marks all
 * frames that are writable through the mapping, in its tables or in a TLB (flush it
 * first, or mark them all), and those whose note was taken for another log since this
 * call, by dirtylog_mark_range(). Up to then they are inside a window (rule 5), and
 * writes to them that are older than the call are reported with it.
 *
 * Context: may sleep; takes the harvest lock.
 * Return: 0; -EINVAL if ops that are not optional are missing; -EBUSY if the
 * mapping has a log already; -EINTR on a fatal signal.
 */
int dirtylog_map(struct dirtylog *log, struct dirtylog_mapping *mapping);

/**
 * dirtylog_unmap() - take a mapping out of a log
 * @log:	the log
 * @mapping:	the mapping. Nothing can be written through it any more, its windows
 *		are closed, and its sync op leaves nothing to come later
 * @owner:	handed to the sync and the fold op; the latter is called for the
 *		whole log
 *
 * Context: may sleep; takes the harvest lock. No op runs after it returns.
 */
void dirtylog_unmap(struct dirtylog *log, struct dirtylog_mapping *mapping,
		    void *owner);

/*
 * How a tracker starts, so that rule 1 holds from its first moment. One of
 * these, and DIRTYLOG_UNSHARED where it is true.
 */

/*
 * dirtylog_arm() arms all mappings; no pass is allowed before. The record has
 * what was marked since dirtylog_attach(): whoever needs all that was written
 * before copies everything once, after dirtylog_arm() has returned.
 */
#define DIRTYLOG_START_ARM	0U
/* Everything is dirty. No entry is armed; the first harvest shows all. */
#define DIRTYLOG_START_DIRTY	BIT(0)
/*
 * Nothing is dirty. No mapping has a writable entry, in its tables or in a TLB,
 * and nobody makes one or writes directly until dirtylog_attach() returns. A
 * translation that knows of a note is writable when the note is gone from the table:
 * from before a flush, which comes before the call, until that returns nobody takes one.
 */
#define DIRTYLOG_START_CLEAN	BIT(1)
/*
 * No marker can reach the log before dirtylog_attach() returns: saves
 * dirtylog_arm() a grace period.
 */
#define DIRTYLOG_UNSHARED	BIT(2)

/**
 * dirtylog_attach() - give a log one more reader
 * @log:	the log
 * @tracker:	storage, the caller's; not attached; need not be zeroed
 * @order:	frames in a granule as a power of two, 0 to
 *		%DIRTYLOG_MAX_ORDER
 * @start:	one of the starts above, with %DIRTYLOG_UNSHARED or not
 *
 * The first of two steps: allocate and publish. From here on every mark reaches
 * the record. Unless it starts dirty or clean, the tracker is live only after
 * dirtylog_arm().
 *
 * The race that two steps prevent: armed first, a page is written and marked
 * between the arming and the publication; that mark reaches no record.
 *
 * Context: may sleep; takes the harvest lock.
 * Return: 0; -EINVAL if @order is too large or @start makes no sense; -ENOMEM;
 * -EINTR on a fatal signal. After an error it is not attached.
 */
int dirtylog_attach(struct dirtylog *log, struct dirtylog_tracker *tracker,
		    unsigned int order, unsigned int start);

/**
 * dirtylog_arm() - make an attached tracker live
 * @tracker:	the tracker
 * @owner:	handed to the ops
 *
 * The second step: wait for every mark that may have missed the tracker, then
 * arm and flush all mappings. What such a mark stands for was writable by the end
 * of its RCU read-side section (rule 2), so the arming that follows the grace
 * period sees the entry. A backend with fault paths that decide *whether* to mark
 * by something else than the log (KVM: the slot's flags) waits for those itself
 * before it calls this.
 *
 * Where another tracker is live, only frames that are dirty in that one are
 * armed, by the protect op: by rule 1 all others are armed already, or are about
 * to be marked in both. Costs what is dirty there, in the one with the smallest
 * granules if there are several. For the other trackers nothing changes.
 *
 * Does nothing if the tracker is live.
 *
 * Context: may sleep; takes the harvest lock.
 * Return: 0; what an arm or a protect op returned; -EINTR on a fatal signal. After
 * an error the tracker stays attached, and can be armed again or detached. What was
 * armed by then is flushed.
 */
int dirtylog_arm(struct dirtylog_tracker *tracker, void *owner);

/**
 * dirtylog_detach() - take a reader away
 * @tracker:	the tracker
 * @owner:	handed to the ops
 *
 * Waits for the marks that are under way, then frees the record. The last
 * tracker disarms the mappings.
 *
 * Context: may sleep; takes the harvest lock; waits for an RCU grace period. No
 * pass of this tracker is running or will start.
 */
void dirtylog_detach(struct dirtylog_tracker *tracker, void *owner);

/**
 * DOC: marking
 *
 * Rule 2. *Writable, then marked; written, then marked.* Whoever makes an entry
 * writable, in a fault or ahead of one, does so before he marks, a direct writer
 * stores the data before it marks, and a full barrier is in between. The race:
 * marked first, a harvest takes the bit, finds the entry still read-only,
 * protects nothing, and the write that follows goes unseen; or the reader copies
 * the old data. A fault path may mark first only if it holds a lock over both,
 * the mark and the entry, under which alone protect looks at the entry (taken by
 * the lock op, exclusively, or by protect itself): then protect comes after the
 * entry. For the arm op it is enough if mark and entry are in one RCU read-side
 * section, as under an rwlock_t held for read: dirtylog_arm() waits for it. A
 * direct write that failed halfway has written, and marks.
 *
 * Rule 3. *Findable, then marked.* The entry is reachable by protect's walk (on
 * the rmap, in the table) before the mark, for the same reason.
 *
 * Rule 5. *The window.* Between a write and its mark a page is writable and
 * unmarked. That is allowed, because before the last harvest the reader stops the
 * writers *and* waits until their windows are closed: until every fault handler
 * that may be between its entry and its mark, and every direct writer between
 * its data and its mark, is through (synchronize_srcu(), synchronize_irq(), a
 * vCPU that is out of the guest). dirtylog_quiesce() is that wait. Where a page
 * can be opened by somebody else than its writer, as in a host-side fault, the
 * stopped writer says nothing about the opener: there, the window runs with
 * preemption disabled, and dirtylog_quiesce(), or the sync op for readers that do not
 * call it, waits for an RCU grace period.
 */

/**
 * dirtylog_mark() - a frame was made writable in a mapping, or was written
 * @log:	the log
 * @frame:	the frame. One beyond the log is a bug of the caller; it warns
 *		once and marks nothing
 *
 * Has the full barrier of rule 2 inside. When it returns, the frame is dirty in
 * each tracker, and a pass that starts later reports it; on a machine whose
 * stores are not multi-copy atomic, once another mark of the same frame that is
 * under way at the same time has returned too. A large entry takes a mark for
 * each of its frames (rule 8).
 *
 * Context: any, NMI excepted; under rq->lock with interrupts off too. Takes no
 * lock, allocates nothing, wakes nobody.
 */
void dirtylog_mark(struct dirtylog *log, unsigned long frame);

/**
 * dirtylog_mark_after_rmw() - dirtylog_mark() without the barrier
 * @log:	the log
 * @frame:	the frame
 *
 * For the fault path whose last access to the entry was a fully ordered atomic
 * read-modify-write that succeeded (cmpxchg(), xchg(); not the relaxed, acquire
 * or release forms, and not set_bit()). Never after a direct write.
 *
 * Context: as dirtylog_mark().
 */
void dirtylog_mark_after_rmw(struct dirtylog *log, unsigned long frame);

/**
 * dirtylog_mark_array() - mark the frames of a list that hardware wrote
 * @log:	the log
 * @frames:	the frames; those beyond the log are a bug of the caller, as in
 *		dirtylog_mark()
 * @nr:		how many
 *
 * dirtylog_mark() of each, with one barrier of rule 2 for all of them; in any
 * order, and more than once if it so happens. A list that is full is the caller's
 * business: it must not drop frames (see the sync op). An item that stands for a large
 * entry takes dirtylog_mark_range().
 *
 * Context: as dirtylog_mark(); takes time in proportion to @nr.
 */
void dirtylog_mark_array(struct dirtylog *log, const unsigned long *frames,
			 unsigned int nr);

/**
 * dirtylog_mark_range() - mark all frames of a range
 * @log:	the log
 * @first:	the first frame
 * @nr:		how many; 0 is allowed. Frames beyond the log are a bug of the
 *		caller: it warns once, and marks those that are not
 *
 * For large entries (rule 8). As dirtylog_mark() of each frame, at the cost of a
 * word for 64 of them, and with one barrier of rule 2 for all. Passes may run
 * beside it: each sees any part of the range.
 *
 * Context: as dirtylog_mark() for up to 2^%DIRTYLOG_MAX_ORDER frames, one large
 * entry; with more it may sleep.
 */
void dirtylog_mark_range(struct dirtylog *log, unsigned long first,
			 unsigned long nr);

/**
 * dirtylog_quiesce() - wait until the windows that are open now are closed
 * @log:	the log
 * @owner:	handed to the quiesce ops
 *
 * What was written before the call, through a mapping or past them all, is in the
 * records when it returns, or in a hardware buffer that the sync and fold ops of
 * the next pass bring there. The last step before the last harvest: stop the
 * writers that can be stopped (a vCPU is out of the guest), quiesce, harvest. For
 * a writer that goes on it says nothing of what is still in flight in hardware.
 *
 * Context: may sleep; takes the harvest lock; waits for an RCU grace period.
 * Return: 0, or -EINTR on a fatal signal: nothing can be said then.
 */
int dirtylog_quiesce(struct dirtylog *log, void *owner);

/*
 * What an entry knows, whatever bits the hardware has for it: the state that
 * dirtylog_split() and dirtylog_collapse_entry() deal with.
 */
/* Writes go through, without a fault and without a note: not a recording entry. */
#define DIRTYLOG_ENTRY_WRITABLE	BIT(0)
/* It was written, and nobody has marked that yet. */
#define DIRTYLOG_ENTRY_WRITTEN	BIT(1)
/* Somebody wants to know when it changes (s390's IN, page tracking). */
#define DIRTYLOG_ENTRY_NOTIFY	BIT(2)

/**
 * dirtylog_split() - a large entry becomes small ones
 * @log:	the log
 * @first:	the first frame of the log that the large entry maps
 * @nr:		how many of the log it maps. The caller cuts off what lies before
 *		and behind, and does the same for other logs that have a part of it
 * @large:	the state it had when it was replaced, as the exchange saw it. With a
 *		cmpxchg() of a filled table the small entries were made from it
 *		before. The exchange and then this call are in one section of the lock
 *		that goes with notes, see recording entries. A TLB may have it until
 *		the next pass flushes
 *
 * Marks all frames if %DIRTYLOG_ENTRY_WRITTEN is set (rules 7, 8).
 *
 * Context: as dirtylog_mark_range().
 * Return: the state of each small entry: @large without %DIRTYLOG_ENTRY_WRITTEN.
 */
unsigned int dirtylog_split(struct dirtylog *log, unsigned long first,
			    unsigned long nr, unsigned int large);

/**
 * struct dirtylog_collapse - small entries on their way to a large one
 * @all:	what is set in all of them
 * @any:	what is set in any of them
 *
 * To be set up by DIRTYLOG_COLLAPSE_INIT.
 */
struct dirtylog_collapse {
	unsigned int all;
	unsigned int any;
};

#define DIRTYLOG_COLLAPSE_INIT	{ .all = ~0U }

/**
 * dirtylog_collapse_entry() - gather one small entry
 * @collapse:	what was gathered so far
 * @log:	the log
 * @frame:	its frame
 * @small:	the state it had when it was taken out of the table; 0 if there was
 *		none. That and this call are in one section of the lock that goes with
 *		notes. Without %DIRTYLOG_ENTRY_WRITTEN neither @log nor @frame is
 *		looked at: so for a frame of no log
 *
 * Marks the frame if %DIRTYLOG_ENTRY_WRITTEN is set.
 *
 * Context: as dirtylog_mark().
 */
void dirtylog_collapse_entry(struct dirtylog_collapse *collapse,
			     struct dirtylog *log, unsigned long frame,
			     unsigned int small);

/**
 * dirtylog_collapse_state() - the state of the large entry
 * @collapse:	all entries that it replaces
 *
 * Writable if all small ones were, and are marked then by rule 1; notifying if
 * any of them was.
 *
 * Context: any.
 * Return: the state, without %DIRTYLOG_ENTRY_WRITTEN.
 */
static inline unsigned int
dirtylog_collapse_state(const struct dirtylog_collapse *collapse)
{
	return (collapse->all & DIRTYLOG_ENTRY_WRITABLE) |
	       (collapse->any & DIRTYLOG_ENTRY_NOTIFY);
}

/**
 * DOC: passes
 *
 * Rule 4. *Take, protect, flush, then show.* A pass takes bits out of the
 * record, arms their frames, and flushes once, after the last lock was dropped;
 * dropping a lock in between forces no flush. Bits count as shown when the call
 * returns, and pages are read after that, not before. The race: read before the
 * flush, a page is copied while a stale TLB entry still writes to it.
 *
 * Rule 6. *Flush by what could have been.* That an entry is read-only does not
 * mean that it was flushed, unless the finder holds the lock under which the
 * last protector flushed. So a flush is owed by every pass in which a bit was
 * taken, on error paths too, and from take to flush a pass holds the harvest
 * lock. The race: another protector (page tracking, a second tracker) has made
 * the entry read-only and not flushed yet; this pass finds nothing to do, shows
 * the page, and a stale TLB entry writes to it.
 *
 * Rule 7. *Fold before you drop.* Where an entry is the only evidence of a
 * write (a D bit that nobody else reads, a PML buffer), the entry is taken out, or
 * its note away, by an atomic exchange, and what that returned is marked, whether it
 * is zapped, split, merged, aged, migrated or replaced: see recording entries.
 * Where every write was marked at its fault there is nothing to fold: D bits are
 * then the folio's business. The race: the evidence goes with the entry.
 *
 * Rule 10. *Nothing lost on failure.* What a call took and did not show (a bad
 * user pointer, a signal, no memory) is back in the record when it returns; put
 * back leaf before summary, in this tracker only, and still flushed. Dirty and
 * read-only is legal and costs one more fault. What a sink accepted before an
 * error is shown, and not in the record any more.
 */

/**
 * struct dirtylog_chunk - a piece of a record, on its way to a sink
 * @first:	granule of bit 0 of @bits, a multiple of BITS_PER_LONG
 * @nr:		bits in @bits, in granules, a multiple of BITS_PER_LONG;
 *		%DIRTYLOG_CHUNK_PAGES at most
 * @bits:	bit n is set: granule @first + n is dirty. The first and the
 *		last word are not zero. No bit is set outside of the pass's
 *		range, which may begin and end within a word: a sink that
 *		assigns words wipes the neighbours. Valid until the sink returns
 * @words:	bit n is clear: word n of @bits is zero. No bit is set behind the
 *		last word
 */
struct dirtylog_chunk {
	unsigned long first;
	unsigned long nr;
	const unsigned long *bits;
	DECLARE_BITMAP(words, DIRTYLOG_CHUNK_WORDS);
};

/* What a sink returns to end the pass after this chunk, which it was shown. */
#define DIRTYLOG_STOP	1

/*
 * For a harvest whose sink reads the pages that it is shown. Without it, they can
 * still be written unseen while the sink runs: a sink may only note them. Costs
 * a flush before every call of the sink. Peek and rearm ignore it.
 */
#define DIRTYLOG_FLUSH_CHUNKS	BIT(0)

/**
 * struct dirtylog_pass - one pass over a range of a tracker's record
 * @first:	the first granule of the range
 * @end:	the granule after the last, dirtylog_nr_granules() at most
 * @next:	out: the first granule that was not dealt with; @end if the pass
 *		came to its end, @first if nothing was done. A pass that ended
 *		early goes on with @first = @next
 * @flags:	%DIRTYLOG_FLUSH_CHUNKS or 0
 * @owner:	handed to the ops
 * @data:	handed to @sink and @source
 * @sink:	for harvest and peek: is shown each chunk that has a dirty
 *		granule, in rising order; what lies between two chunks is clean.
 *		Returns 0, %DIRTYLOG_STOP, or a negative errno to say that it was
 *		not shown: the pass ends with it.
 *		Context: may sleep and fault; no lock of a backend is held, the
 *		harvest lock is, and other readers of the log wait for it
 * @source:	for rearm: writes @nr bits to @bits: bit n is set if granule
 *		@first + n is to be cleared, dirty or not. Name only what was
 *		shown: what is cleared and was not shown is lost. Asked for whole
 *		words of the record, which may begin before the range and end
 *		behind it; what is outside is ignored.
 *		Returns 0, or a negative errno to end the pass, never
 *		%DIRTYLOG_STOP. Context: as @sink
 */
struct dirtylog_pass {
	unsigned long first;
	unsigned long end;
	unsigned long next;
	unsigned int flags;
	void *owner;
	void *data;
	int (*sink)(void *data, const struct dirtylog_chunk *chunk);
	int (*source)(void *data, unsigned long first, unsigned long nr,
		      unsigned long *bits);
};

/**
 * dirtylog_nr_granules() - how many granules a tracker has
 * @tracker:	an attached tracker
 *
 * Return: the granules, the last and maybe short one included.
 */
static inline unsigned long
dirtylog_nr_granules(const struct dirtylog_tracker *tracker)
{
	return tracker->record.nr_bits;
}

/**
 * dirtylog_harvest() - take what is dirty in a range, rearm it and show it
 * @tracker:	a live tracker
 * @pass:	range and sink
 *
 * Costs what is dirty in the range and not what exists. Gives way: the locks of
 * backends are dropped between batches when somebody waits for them or for the CPU,
 * and at the latest every %DIRTYLOG_CHUNK_PAGES frames.
 *
 * To copy memory while it is written: attach and arm; copy everything; then round
 * by round harvest, note the granules, and copy them when the harvest has
 * returned. For the last round stop the writers, dirtylog_quiesce(), harvest and
 * copy once more: the copy equals the original. Writers are all who can write: CPUs
 * of the guest, direct writers, devices, and whoever opens pages for others. What
 * reaches the memory by neither a mapping nor a mark is not seen: stores of a VMM,
 * on most machines.
 *
 * Context: may sleep; takes the harvest lock, and a fatal signal ends the wait.
 * Return: 0, also if the sink ended it by %DIRTYLOG_STOP, or if the range is
 * empty; -EINVAL if the range does not lie in the log, the sink is missing, flags
 * are unknown or the tracker is not live, and nothing has changed; -EINTR on a
 * fatal signal; what a sink or a protect op returned. @pass->next tells where it
 * ended: chunks before that were shown, all others are still dirty.
 */
int dirtylog_harvest(struct dirtylog_tracker *tracker,
		     struct dirtylog_pass *pass);

/**
 * dirtylog_peek() - show what is dirty in a range and take nothing
 * @tracker:	a live tracker
 * @pass:	range and sink
 *
 * Context: as dirtylog_harvest().
 * Return: as dirtylog_harvest(), with no protect op.
 */
int dirtylog_peek(struct dirtylog_tracker *tracker, struct dirtylog_pass *pass);

/**
 * dirtylog_rearm() - clear exactly the granules that a source names
 * @tracker:	a live tracker
 * @pass:	range and source
 *
 * Takes those named granules that are dirty and arms them; a granule that is
 * named and clean costs nothing, and a source is asked where something may be
 * dirty, as far as the record knows without a look at each word. The other half of a
 * harvest, after dirtylog_peek(): the pages are copied when this has returned, not
 * before. Does not call the sync op.
 *
 * Context: as dirtylog_harvest().
 * Return: as dirtylog_harvest(), with a source for the sink. From @pass->next on
 * nothing was cleared.
 */
int dirtylog_rearm(struct dirtylog_tracker *tracker, struct dirtylog_pass *pass);

/**
 * dirtylog_protect() - arm frames without any record
 * @log:	the log; it may have no tracker
 * @owner:	handed to the ops
 * @first:	frame of bit 0 of @mask, any number
 * @mask:	bit n is set: arm frame @first + n. Bits beyond the log are
 *		ignored
 *
 * For a list of dirty frames that is kept elsewhere, as KVM's dirty ring is.
 * Does not flush: the caller calls dirtylog_flush() once, before anybody acts
 * on the list, with a lock of its own over both (rule 6): whoever finds a frame armed
 * must find it flushed. A note that a protect op takes and marks reaches trackers, and
 * not that list: not for mappings with a fold op. A D bit beside a list (PML), or beside
 * marks at faults, is no such note.
 *
 * Context: may sleep; takes the harvest lock. Not ended by signals, as there is
 * no record into which the frames could be put back.
 * Return: 0, or what a protect op returned: none of the frames counts as armed.
 */
int dirtylog_protect(struct dirtylog *log, void *owner, unsigned long first,
		     unsigned long mask);

/**
 * dirtylog_protect_all() - arm every frame without any record
 * @log:	the log; it may have no tracker
 * @owner:	handed to the ops
 *
 * What dirtylog_arm() does for a tracker, for a list that is kept elsewhere. Does
 * not flush, as dirtylog_protect(), and is for the same mappings. Waits for nobody:
 * before the call, the caller waits until the last fault is over that has not seen the
 * list.
 *
 * Context: may sleep; takes the harvest lock.
 * Return: 0, or what an arm op returned.
 */
int dirtylog_protect_all(struct dirtylog *log, void *owner);

/**
 * dirtylog_flush() - flush all mappings of a log
 * @log:	the log
 * @owner:	handed to the ops
 *
 * Context: may sleep; takes the harvest lock.
 */
void dirtylog_flush(struct dirtylog *log, void *owner);

#endif /* _LINUX_DIRTYLOG_H */
