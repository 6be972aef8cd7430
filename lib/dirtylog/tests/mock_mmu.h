/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A mock MMU: page table entries, vCPUs, and TLBs that go stale.
 *
 * Entries are changed by single atomic operations only, faults take no lock but to
 * split, and a vCPU in the guest looks for flush requests between two stores. So the
 * same mock serves single-threaded tests, which inject writes at named points,
 * and threads on several CPUs.
 */
#ifndef _LIB_DIRTYLOG_TESTS_MOCK_MMU_H
#define _LIB_DIRTYLOG_TESTS_MOCK_MMU_H

#include <linux/atomic.h>
#include <linux/dirtylog.h>
#include <linux/spinlock.h>
#include <kunit/test.h>

#define MOCK_VCPUS		3
#define MOCK_TABLE_FRAMES	512

#define MOCK_PRESENT		BIT(0)
#define MOCK_WRITABLE		BIT(1)
/* Not yet where protect looks for it. */
#define MOCK_UNLISTED		BIT(2)
/* The next access faults, and makes it what it was. */
#define MOCK_OLD		BIT(3)
/* Where entries record: it was written through, and nobody has marked that. */
#define MOCK_NOTE		BIT(4)

/* Where a hook is called. */
enum mock_point {
	MOCK_SYNC,
	MOCK_FOLD,
	MOCK_FOLDED,
	MOCK_PREPARE,
	MOCK_LOCK,
	MOCK_PROTECT,		/* before the entries are changed; may fail */
	MOCK_PROTECTED,
	MOCK_UNLOCK,		/* after the lock was dropped */
	MOCK_FLUSH,		/* before TLBs are flushed */
	MOCK_FLUSHED,
	MOCK_ARM,		/* may fail */
	MOCK_ARMED,
	MOCK_DISARM,
	MOCK_SINK,		/* a reader's sink or source; may fail */
	MOCK_FAULT,		/* a fault, between its two steps: not counted */
	MOCK_DIRECT,		/* a direct write, likewise */
	MOCK_LOOK,		/* an entry was looked at, and is about to be changed:
				 * not counted; must not sleep, but in userspace, where
				 * locks do, nor split or zap where entries record
				 */
	MOCK_TAKEN,		/* a note was taken, and is not marked yet: likewise */
	MOCK_NR_POINTS,
};

struct mock_mmu;

/**
 * struct mock_vcpu - one CPU of the guest
 * @mmu:	what it runs on
 * @tlb:	frames that it can write to without a fault or a note, if @acked is
 *		the MMU's flush_seq; anything otherwise
 * @acked:	flush request that it has seen
 * @in_guest:	it may use @tlb at this moment
 * @hits:	stores that the TLB let through
 */
struct mock_vcpu {
	struct mock_mmu *mmu;
	unsigned long *tlb;
	int acked;
	int in_guest;
	unsigned long hits;
};

/**
 * struct mock_mmu - one mapping
 * @mapping:	the core's view of it
 * @log:	what its faults mark
 * @owner:	what ops must be handed
 * @base:	guest frame of the log's frame 0; tables are aligned to guest
 *		frames
 * @memory:	what the guest stored last, by frame of the log
 * @entries:	page table entries, by frame of the log
 * @large:	an entry for each table, used instead of it if present
 * @folio_dirty: frames whose folio the MMU has marked dirty
 * @flush_seq:	flush requests
 * @vcpus:	they run on this MMU
 * @lock:	what the lock op takes; only checks contexts, entries are atomic
 * @note_lock:	a note is taken and marked; a large entry is made, split or zapped
 * @records:	a write leaves a note in its entry; faults mark nothing
 * @withhold_flush: the flush op does nothing: a bug on purpose
 * @mark_first:	faults mark and then make writable: a bug on purpose
 * @list_late:	faults mark before protect can find the entry: a bug on purpose
 * @forget_folios: entries stop to be writable, and folios are not marked: a bug on
 *		purpose
 * @open_large:	a fault makes a large entry writable as a whole, and marks all
 *		of it
 * @contend:	the contended op says yes at every @contend-th question
 * @hook:	called at every point; a negative errno fails those that may
 * @hook_data:	for @hook
 * @count:	how often each point was reached
 * @last:	value of @clock when each point was reached last
 * @clock:	counts points
 * @asked:	questions to the contended op
 * @held:	frames of batches since the lock was taken
 * @locked:	between lock and unlock
 * @named:	frames that batches named
 * @violation:	the first breach of the ops' contract, or NULL
 */
struct mock_mmu {
	struct dirtylog_mapping mapping;
	struct dirtylog *log;
	void *owner;
	unsigned long base;
	u32 *memory;
	unsigned long *entries;
	unsigned long *large;
	unsigned long *folio_dirty;
	atomic_t flush_seq;
	struct mock_vcpu vcpus[MOCK_VCPUS];
	spinlock_t lock;	/* see above */
	spinlock_t note_lock;	/* see above */
	bool records;

	bool withhold_flush;
	bool mark_first;
	bool list_late;
	bool forget_folios;
	bool open_large;
	unsigned int contend;
	int (*hook)(struct mock_mmu *mmu, enum mock_point point);
	void *hook_data;

	unsigned long count[MOCK_NR_POINTS];
	unsigned long last[MOCK_NR_POINTS];
	unsigned long clock;
	unsigned long asked;
	unsigned long held;
	bool locked;
	unsigned long *named;
	const char *violation;
};

/**
 * mock_zalloc() - zeroed memory that lives as long as the test
 * @test:	the test; failed and left if there is no memory
 * @n:		elements
 * @size:	bytes of each
 *
 * Return: the memory, never NULL.
 */
void *mock_zalloc(struct kunit *test, size_t n, size_t size);

/**
 * mock_mmu_init() - an MMU without entries, not yet added to its log
 * @test:	the test
 * @mmu:	storage
 * @log:	what it is to be mapped to
 * @memory:	a value for each frame of @log
 * @base:	guest frame of the log's first
 */
void mock_mmu_init(struct kunit *test, struct mock_mmu *mmu,
		   struct dirtylog *log, u32 *memory, unsigned long base);

/**
 * mock_guest_write() - store through the vCPU's TLB, with a fault if need be
 * @vcpu:	the vCPU
 * @frame:	frame of the log
 * @value:	what to store
 */
void mock_guest_write(struct mock_vcpu *vcpu, unsigned long frame, u32 value);

/**
 * mock_guest_try_write() - as mock_guest_write(), but gives up on a fault
 * @vcpu:	the vCPU
 * @frame:	frame of the log
 * @value:	what to store
 *
 * Return: the store was done.
 */
bool mock_guest_try_write(struct mock_vcpu *vcpu, unsigned long frame,
			  u32 value);

/*
 * Make an entry writable, as a prefetching fault does, and mark its frame unless
 * entries record.
 */
void mock_mmu_open(struct mock_mmu *mmu, unsigned long frame);

/* As an MMU notifier that wants to know what is used: no flush. */
void mock_mmu_age(struct mock_mmu *mmu, unsigned long frame);

/* Drop entries as an MMU notifier does, and flush. */
void mock_mmu_zap(struct mock_mmu *mmu, unsigned long first, unsigned long nr);

/* Make an entry read-only without a flush, as page tracking does. */
void mock_mmu_write_protect(struct mock_mmu *mmu, unsigned long frame);

/*
 * Replace the table around a frame by one large entry, which gathers the small
 * ones: writable if all of them are. Single-threaded tests only.
 */
void mock_mmu_collapse(struct mock_mmu *mmu, unsigned long frame);

/* The opposite: small entries as writable as the large one was. */
void mock_mmu_split(struct mock_mmu *mmu, unsigned long frame);

/* Populate the table around a frame with one large, writable entry. */
void mock_mmu_map_large(struct mock_mmu *mmu, unsigned long frame);

/* What no vCPU survives with a translation that is older. */
void mock_mmu_flush(struct mock_mmu *mmu);

/* No write to the frame can go unnoticed at this moment. */
bool mock_mmu_is_armed(struct mock_mmu *mmu, unsigned long frame);

/* Was there a write to the frame of which only its entry knows? */
bool mock_mmu_has_note(struct mock_mmu *mmu, unsigned long frame);

/* Is the frame's entry writable, whatever TLBs hold? */
bool mock_mmu_entry_writable(struct mock_mmu *mmu, unsigned long frame);

/* Note that a point was reached; what the hook says. */
int mock_mmu_point(struct mock_mmu *mmu, enum mock_point point);

/* The same for writers, who run side by side: nothing is counted. */
void mock_mmu_writer_point(struct mock_mmu *mmu, enum mock_point point);

/* Forget counts and named frames. */
void mock_mmu_reset_counts(struct mock_mmu *mmu);

/* The first breach of a rule of the ops stands. */
void mock_mmu_check(struct mock_mmu *mmu, bool ok, const char *what);

extern const struct dirtylog_ops mock_mmu_ops;
/* Of an MMU whose entries record. */
extern const struct dirtylog_ops mock_recording_ops;

#endif /* _LIB_DIRTYLOG_TESTS_MOCK_MMU_H */
