// SPDX-License-Identifier: GPL-2.0
/*
 * A mock MMU: entries, TLBs, faults.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/processor.h>
#include <linux/sched.h>

#include "mock_mmu.h"

static void mock_free(void *p)
{
	kvfree(p);
}

void *mock_zalloc(struct kunit *test, size_t n, size_t size)
{
	void *p = kvcalloc(n, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, mock_free, p));
	return p;
}

static unsigned long table_of(struct mock_mmu *mmu, unsigned long frame)
{
	return (mmu->base % MOCK_TABLE_FRAMES + frame) / MOCK_TABLE_FRAMES;
}

/* The frames of the log that a table maps. */
static void table_range(struct mock_mmu *mmu, unsigned long table,
			unsigned long *first, unsigned long *end)
{
	unsigned long offset = mmu->base % MOCK_TABLE_FRAMES;
	unsigned long start = table * MOCK_TABLE_FRAMES;

	*first = start > offset ? start - offset : 0;
	*end = min(start + MOCK_TABLE_FRAMES - offset, mmu->log->nr_pages);
}

void mock_mmu_init(struct kunit *test, struct mock_mmu *mmu,
		   struct dirtylog *log, u32 *memory, unsigned long base)
{
	unsigned long nr = log->nr_pages;
	unsigned int i;

	memset(mmu, 0, sizeof(*mmu));
	mmu->mapping.ops = &mock_mmu_ops;
	mmu->log = log;
	mmu->owner = mmu;
	mmu->base = base;
	mmu->memory = memory;
	mmu->entries = mock_zalloc(test, nr, sizeof(long));
	mmu->large = mock_zalloc(test, nr / MOCK_TABLE_FRAMES + 2, sizeof(long));
	mmu->named = mock_zalloc(test, BITS_TO_LONGS(nr), sizeof(long));
	mmu->folio_dirty = mock_zalloc(test, BITS_TO_LONGS(nr), sizeof(long));
	spin_lock_init(&mmu->lock);
	spin_lock_init(&mmu->note_lock);
	atomic_set(&mmu->flush_seq, 0);

	for (i = 0; i < MOCK_VCPUS; i++) {
		mmu->vcpus[i].mmu = mmu;
		mmu->vcpus[i].tlb = mock_zalloc(test, BITS_TO_LONGS(nr),
						sizeof(long));
	}
}

void mock_mmu_check(struct mock_mmu *mmu, bool ok, const char *what)
{
	if (!ok && !mmu->violation)
		mmu->violation = what;
}

int mock_mmu_point(struct mock_mmu *mmu, enum mock_point point)
{
	mmu->count[point]++;
	mmu->last[point] = ++mmu->clock;
	return mmu->hook ? mmu->hook(mmu, point) : 0;
}

void mock_mmu_writer_point(struct mock_mmu *mmu, enum mock_point point)
{
	int (*hook)(struct mock_mmu *mmu, enum mock_point point);

	hook = READ_ONCE(mmu->hook);
	if (hook)
		hook(mmu, point);
}

void mock_mmu_reset_counts(struct mock_mmu *mmu)
{
	memset(mmu->count, 0, sizeof(mmu->count));
	memset(mmu->last, 0, sizeof(mmu->last));
	bitmap_zero(mmu->named, mmu->log->nr_pages);
}

static void vcpu_poll(struct mock_vcpu *vcpu)
{
	int seq = atomic_read_acquire(&vcpu->mmu->flush_seq);

	if (vcpu->acked == seq)
		return;
	bitmap_zero(vcpu->tlb, vcpu->mmu->log->nr_pages);
	/* The TLB is empty, and earlier stores are done, before the ack. */
	smp_store_release(&vcpu->acked, seq);
}

static void vcpu_enter(struct mock_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->in_guest, 1);
	/* Pairs with atomic_inc_return() in mock_mmu_flush(). */
	smp_mb();
	vcpu_poll(vcpu);
}

static void vcpu_exit(struct mock_vcpu *vcpu)
{
	/* Stores are done before a flush takes this for "not running". */
	smp_store_release(&vcpu->in_guest, 0);
}

/* It may still store through what it had in its TLB before request @seq. */
static bool vcpu_may_use(struct mock_vcpu *vcpu, int seq)
{
	/* Pairs with vcpu_exit(). */
	if (!smp_load_acquire(&vcpu->in_guest))
		return false;
	/* Pairs with vcpu_poll(). */
	return smp_load_acquire(&vcpu->acked) - seq < 0;
}

void mock_mmu_flush(struct mock_mmu *mmu)
{
	/* Pairs with smp_mb() in vcpu_enter(). */
	int seq = atomic_inc_return(&mmu->flush_seq);
	unsigned int i;

	for (i = 0; i < MOCK_VCPUS; i++) {
		struct mock_vcpu *vcpu = &mmu->vcpus[i];

		while (vcpu_may_use(vcpu, seq)) {
			if (!cond_resched())
				cpu_relax();
		}
	}
}

/* What stands for the frame: its own entry or a large one. */
static unsigned long *entry_of(struct mock_mmu *mmu, unsigned long frame)
{
	unsigned long *large = &mmu->large[table_of(mmu, frame)];

	return READ_ONCE(*large) ? large : &mmu->entries[frame];
}

static bool entry_is_large(struct mock_mmu *mmu, unsigned long frame)
{
	return READ_ONCE(mmu->large[table_of(mmu, frame)]);
}

bool mock_mmu_entry_writable(struct mock_mmu *mmu, unsigned long frame)
{
	return READ_ONCE(*entry_of(mmu, frame)) & MOCK_WRITABLE;
}

bool mock_mmu_has_note(struct mock_mmu *mmu, unsigned long frame)
{
	return READ_ONCE(*entry_of(mmu, frame)) & MOCK_NOTE;
}

bool mock_mmu_is_armed(struct mock_mmu *mmu, unsigned long frame)
{
	int seq = atomic_read(&mmu->flush_seq);
	unsigned int i;

	if (mock_mmu_has_note(mmu, frame))
		return true;
	if (!mmu->records && mock_mmu_entry_writable(mmu, frame))
		return false;
	for (i = 0; i < MOCK_VCPUS; i++) {
		if (mmu->vcpus[i].acked == seq &&
		    test_bit(frame, mmu->vcpus[i].tlb))
			return false;
	}
	return true;
}

/* What hardware does: into the TLB, with a note where entries record. */
static bool vcpu_fill(struct mock_vcpu *vcpu, unsigned long frame)
{
	struct mock_mmu *mmu = vcpu->mmu;
	unsigned long first = frame, end = frame + 1;
	unsigned long *entry, old;

	do {
		entry = entry_of(mmu, frame);
		old = READ_ONCE(*entry);
		if (!(old & MOCK_WRITABLE) || old & MOCK_OLD)
			return false;
	} while (mmu->records && !try_cmpxchg(entry, &old, old | MOCK_NOTE));

	if (entry != &mmu->entries[frame])
		table_range(mmu, table_of(mmu, frame), &first, &end);
	bitmap_set(vcpu->tlb, first, end - first);
	return true;
}

/* Return: this made it writable. */
static bool entry_open(struct mock_mmu *mmu, unsigned long frame)
{
	unsigned long *entry, old, new;

	for (;;) {
		entry = entry_of(mmu, frame);
		old = READ_ONCE(*entry);
		if (old & MOCK_WRITABLE && !(old & MOCK_OLD))
			return false;
		/* A large entry that is gone is a table, which nobody may hide. */
		if (!old && entry != &mmu->entries[frame])
			continue;
		new = MOCK_PRESENT | MOCK_WRITABLE | (old & MOCK_NOTE);
		if (try_cmpxchg(entry, &old, new))
			return !(old & MOCK_WRITABLE);
	}
}

/*
 * What an entry has lost, by an atomic exchange: a note that is taken is marked (rule 7),
 * and a folio that may have been written is dirty (rule 9).
 */
static void entry_lost(struct mock_mmu *mmu, unsigned long frame, bool large,
		       unsigned long lost)
{
	unsigned long first = frame, end = frame + 1;

	if (!(lost & (mmu->records ? MOCK_NOTE : MOCK_WRITABLE)))
		return;
	if (large)
		table_range(mmu, table_of(mmu, frame), &first, &end);
	if (mmu->records) {
		mock_mmu_writer_point(mmu, MOCK_TAKEN);
		dirtylog_mark_range(mmu->log, first, end - first);
	}
	for (; first < end && !mmu->forget_folios; first++)
		set_bit(first, mmu->folio_dirty);
}

/* Clear a bit in what stands for the frame. */
static void entry_clear(struct mock_mmu *mmu, unsigned long frame,
			unsigned long bit)
{
	unsigned long *entry, old;

	do {
		entry = entry_of(mmu, frame);
		old = READ_ONCE(*entry);
		while (old & bit && !(old & MOCK_UNLISTED)) {
			mock_mmu_writer_point(mmu, MOCK_LOOK);
			if (try_cmpxchg(entry, &old, old & ~bit)) {
				entry_lost(mmu, frame,
					   entry != &mmu->entries[frame], bit);
				break;
			}
		}
		/* Gone by a split, with what it allowed now in the small ones. */
	} while (entry != entry_of(mmu, frame));
}

/* The notes of some frames, of which nobody sees that they are taken and not marked. */
static void take_notes(struct mock_mmu *mmu, unsigned long first,
		       unsigned long end)
{
	spin_lock(&mmu->note_lock);
	for (; first < end; first++)
		entry_clear(mmu, first, MOCK_NOTE);
	spin_unlock(&mmu->note_lock);
}

/* A write that is not noticed is one that leaves no note, if entries record. */
static void entry_arm(struct mock_mmu *mmu, unsigned long frame)
{
	if (mmu->records)
		take_notes(mmu, frame, frame + 1);
	else
		entry_clear(mmu, frame, MOCK_WRITABLE);
}

void mock_mmu_open(struct mock_mmu *mmu, unsigned long frame)
{
	unsigned long first = frame, end = frame + 1;

	if (entry_is_large(mmu, frame)) {
		if (mmu->open_large)
			table_range(mmu, table_of(mmu, frame), &first, &end);
		else
			mock_mmu_split(mmu, frame);
	}

	if (mmu->mark_first) {
		dirtylog_mark(mmu->log, frame);
		mock_mmu_writer_point(mmu, MOCK_FAULT);
		entry_open(mmu, frame);
		return;
	}

	if (mmu->list_late) {
		WRITE_ONCE(*entry_of(mmu, frame),
			   MOCK_PRESENT | MOCK_WRITABLE | MOCK_UNLISTED);
		dirtylog_mark(mmu->log, frame);
		mock_mmu_writer_point(mmu, MOCK_FAULT);
		WRITE_ONCE(*entry_of(mmu, frame), MOCK_PRESENT | MOCK_WRITABLE);
		return;
	}

	if (!entry_open(mmu, frame) || mmu->records)
		return;
	mock_mmu_writer_point(mmu, MOCK_FAULT);
	/* The cmpxchg that made it writable is fully ordered. */
	for (; first < end; first++)
		dirtylog_mark_after_rmw(mmu->log, first);
}

bool mock_guest_try_write(struct mock_vcpu *vcpu, unsigned long frame,
			  u32 value)
{
	bool hit, ok;

	vcpu_enter(vcpu);
	hit = test_bit(frame, vcpu->tlb);
	ok = hit || vcpu_fill(vcpu, frame);
	if (ok)
		WRITE_ONCE(vcpu->mmu->memory[frame], value);
	vcpu_exit(vcpu);

	vcpu->hits += hit;
	return ok;
}

void mock_guest_write(struct mock_vcpu *vcpu, unsigned long frame, u32 value)
{
	while (!mock_guest_try_write(vcpu, frame, value))
		mock_mmu_open(vcpu->mmu, frame);
}

void mock_mmu_write_protect(struct mock_mmu *mmu, unsigned long frame)
{
	entry_clear(mmu, frame, MOCK_WRITABLE);
}

void mock_mmu_age(struct mock_mmu *mmu, unsigned long frame)
{
	unsigned long *entry = entry_of(mmu, frame);
	unsigned long old = READ_ONCE(*entry);

	while (old && !try_cmpxchg(entry, &old, old | MOCK_OLD))
		;
}

void mock_mmu_zap(struct mock_mmu *mmu, unsigned long first, unsigned long nr)
{
	unsigned long frame, old;
	bool large;

	for (frame = first; frame < first + nr; frame++) {
		/* Or else a split may have filled the table, which would show now. */
		spin_lock(&mmu->note_lock);
		large = entry_is_large(mmu, frame);
		old = xchg(entry_of(mmu, frame), 0);
		entry_lost(mmu, frame, large, old);
		spin_unlock(&mmu->note_lock);
	}
	mock_mmu_flush(mmu);
}

void mock_mmu_split(struct mock_mmu *mmu, unsigned long frame)
{
	unsigned long table = table_of(mmu, frame);
	unsigned long first, end, old;

	/* The table that is filled is in nobody's use while the large entry is there. */
	spin_lock(&mmu->note_lock);
	old = READ_ONCE(mmu->large[table]);
	while (old) {
		table_range(mmu, table, &first, &end);
		for (; first < end; first++)
			WRITE_ONCE(mmu->entries[first], old & ~MOCK_NOTE);
		/*
		 * Against entry_clear() and notes of hardware, which may come at any
		 * moment: see rule 8.
		 */
		if (try_cmpxchg(&mmu->large[table], &old, 0)) {
			entry_lost(mmu, frame, true, old & MOCK_NOTE);
			break;
		}
	}
	spin_unlock(&mmu->note_lock);
}

/* One large entry for the table, with what the small ones had in common and @add. */
static void collapse(struct mock_mmu *mmu, unsigned long frame, unsigned long add)
{
	unsigned long table = table_of(mmu, frame);
	unsigned long first, end, old, large;

	spin_lock(&mmu->note_lock);
	large = mmu->large[table];
	if (!large) {
		large = MOCK_WRITABLE;
		table_range(mmu, table, &first, &end);
		for (; first < end; first++) {
			old = xchg(&mmu->entries[first], 0);
			entry_lost(mmu, first, false, old);
			large &= old;
		}
	}
	mmu->large[table] = large | MOCK_PRESENT | add;
	spin_unlock(&mmu->note_lock);
	mock_mmu_flush(mmu);
}

void mock_mmu_collapse(struct mock_mmu *mmu, unsigned long frame)
{
	collapse(mmu, frame, 0);
}

void mock_mmu_map_large(struct mock_mmu *mmu, unsigned long frame)
{
	collapse(mmu, frame, MOCK_WRITABLE);
}

static struct mock_mmu *to_mock(struct dirtylog_mapping *mapping)
{
	return container_of(mapping, struct mock_mmu, mapping);
}

static void check_op(struct mock_mmu *mmu, void *owner, bool locked)
{
	mock_mmu_check(mmu, owner == mmu->owner, "an op got another owner");
	mock_mmu_check(mmu, mutex_is_locked(&mmu->log->lock),
		       "an op ran without the harvest lock");
	mock_mmu_check(mmu, mmu->locked == locked,
		       locked ? "protect without the lock" :
				"an op that may sleep under the lock");
}

static void mock_sync(struct dirtylog_mapping *mapping, void *owner)
{
	check_op(to_mock(mapping), owner, false);
	mock_mmu_point(to_mock(mapping), MOCK_SYNC);
}

static void mock_fold(struct dirtylog_mapping *mapping, void *owner,
		      unsigned long first, unsigned long nr)
{
	struct mock_mmu *mmu = to_mock(mapping);
	unsigned long end = min(first + nr, mmu->log->nr_pages), next;

	check_op(mmu, owner, false);
	mock_mmu_check(mmu, nr && nr <= mmu->log->nr_pages &&
		       first <= mmu->log->nr_pages - nr, "fold beyond the log");
	mock_mmu_point(mmu, MOCK_FOLD);
	while (first < end) {
		next = min(first + MOCK_TABLE_FRAMES, end);
		take_notes(mmu, first, next);
		first = next;
		cond_resched();
	}
	mock_mmu_point(mmu, MOCK_FOLDED);
}

static void check_batch(struct mock_mmu *mmu, const struct dirtylog_batch *b)
{
	unsigned long nr_pages = mmu->log->nr_pages;
	unsigned long end = b->first + b->nr;
	unsigned long bit;

	mock_mmu_check(mmu, !(b->first % BITS_PER_LONG), "batch not aligned");
	mock_mmu_check(mmu, b->nr <= DIRTYLOG_CHUNK_PAGES, "batch too wide");
	mock_mmu_check(mmu, !(b->nr % BITS_PER_LONG) || end == nr_pages,
		       "batch ends within a word");
	mock_mmu_check(mmu, end <= nr_pages, "batch beyond the log");
	for (bit = 0; bit < BITS_TO_LONGS(b->nr); bit++)
		mock_mmu_check(mmu, !b->bits[bit] || test_bit(bit, b->words),
			       "a word of a batch is not named");
	bit = find_next_bit(b->words, DIRTYLOG_CHUNK_WORDS, BITS_TO_LONGS(b->nr));
	mock_mmu_check(mmu, bit >= DIRTYLOG_CHUNK_WORDS, "a word beyond a batch");
	bit = bitmap_weight(b->bits, b->nr);
	mock_mmu_check(mmu, bit, "empty batch");
	mock_mmu_check(mmu, bit <= DIRTYLOG_BATCH_PAGES, "too many bits in a batch");

	bit = b->nr;
	for_each_set_bit_from(bit, b->bits, BITS_TO_LONGS(b->nr) * BITS_PER_LONG)
		mock_mmu_check(mmu, b->first + bit < nr_pages,
			       "bit beyond the log");
}

static void mock_prepare(struct dirtylog_mapping *mapping, void *owner,
			 const struct dirtylog_batch *batch)
{
	struct mock_mmu *mmu = to_mock(mapping);
	unsigned long bit;

	check_op(mmu, owner, false);
	check_batch(mmu, batch);
	for_each_set_bit(bit, batch->bits, batch->nr)
		mock_mmu_split(mmu, batch->first + bit);
	mock_mmu_point(mmu, MOCK_PREPARE);
}

static void mock_lock(struct dirtylog_mapping *mapping, void *owner)
	__acquires(&to_mock(mapping)->lock)
{
	struct mock_mmu *mmu = to_mock(mapping);

	check_op(mmu, owner, false);
	spin_lock(&mmu->lock);
	mmu->locked = true;
	mmu->held = 0;
	mock_mmu_point(mmu, MOCK_LOCK);
}

static void mock_unlock(struct dirtylog_mapping *mapping, void *owner)
	__releases(&to_mock(mapping)->lock)
{
	struct mock_mmu *mmu = to_mock(mapping);

	check_op(mmu, owner, true);
	mmu->locked = false;
	spin_unlock(&mmu->lock);
	mock_mmu_point(mmu, MOCK_UNLOCK);
}

static bool mock_contended(struct dirtylog_mapping *mapping, void *owner)
{
	struct mock_mmu *mmu = to_mock(mapping);

	check_op(mmu, owner, true);
	return mmu->contend && !(++mmu->asked % mmu->contend);
}

static int mock_protect(struct dirtylog_mapping *mapping, void *owner,
			const struct dirtylog_batch *batch)
{
	struct mock_mmu *mmu = to_mock(mapping);
	unsigned long bit;
	int ret;

	check_op(mmu, owner, true);
	check_batch(mmu, batch);
	mmu->held += batch->nr;
	mock_mmu_check(mmu, mmu->held <= DIRTYLOG_CHUNK_PAGES,
		       "lock held for too many frames");

	ret = mock_mmu_point(mmu, MOCK_PROTECT);
	if (ret)
		return ret;
	for_each_set_bit(bit, batch->bits, batch->nr) {
		entry_arm(mmu, batch->first + bit);
		__set_bit(batch->first + bit, mmu->named);
	}
	mock_mmu_point(mmu, MOCK_PROTECTED);
	return 0;
}

static void mock_flush(struct dirtylog_mapping *mapping, void *owner)
{
	struct mock_mmu *mmu = to_mock(mapping);

	check_op(mmu, owner, false);
	mock_mmu_point(mmu, MOCK_FLUSH);
	if (!mmu->withhold_flush)
		mock_mmu_flush(mmu);
	mock_mmu_point(mmu, MOCK_FLUSHED);
}

static int mock_arm(struct dirtylog_mapping *mapping, void *owner)
{
	struct mock_mmu *mmu = to_mock(mapping);
	unsigned long frame;
	int ret;

	check_op(mmu, owner, false);
	ret = mock_mmu_point(mmu, MOCK_ARM);
	if (ret)
		return ret;
	for (frame = 0; frame < mmu->log->nr_pages; frame++)
		entry_arm(mmu, frame);
	mock_mmu_point(mmu, MOCK_ARMED);
	return 0;
}

static void mock_disarm(struct dirtylog_mapping *mapping, void *owner)
{
	check_op(to_mock(mapping), owner, false);
	mock_mmu_point(to_mock(mapping), MOCK_DISARM);
}

#define MOCK_OPS				\
	.sync		= mock_sync,		\
	.prepare	= mock_prepare,		\
	.lock		= mock_lock,		\
	.unlock		= mock_unlock,		\
	.contended	= mock_contended,	\
	.protect	= mock_protect,		\
	.flush		= mock_flush,		\
	.arm		= mock_arm,		\
	.disarm		= mock_disarm

const struct dirtylog_ops mock_mmu_ops = { MOCK_OPS };

const struct dirtylog_ops mock_recording_ops = {
	MOCK_OPS,
	.fold		= mock_fold,
};
