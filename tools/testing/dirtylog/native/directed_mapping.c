// SPDX-License-Identifier: GPL-2.0
/*
 * What the core asks of mappings: all of them, all frames, under which locks.
 */
#include "directed.h"

static struct dirtylog_tracker t;

/* A page that was written through one mapping is armed and flushed in all. */
static void two_mappings(void)
{
	unsigned int i;

	begin(2);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	for (i = 0; i < 2; i++)
		mock_guest_write(&d.vm->mmus[i].vcpus[0], 700, ++d.value);
	expect(harvest(&t) == 1);
	for (i = 0; i < 2; i++) {
		expect(was_named(&d.vm->mmus[i], 700));
		expect(mock_mmu_is_armed(&d.vm->mmus[i], 700));
		expect(d.vm->mmus[i].count[MOCK_FLUSH] == 1);
		expect(d.vm->mmus[i].count[MOCK_SYNC] == 1);
	}
	mock_guest_write(&d.vm->mmus[1].vcpus[0], 700, ++d.value);
	expect(harvest(&t) == 1);
}

/* Asked between two batches, and all batches are armed. */
static void contended(void)
{
	begin(1);
	attach(&t, 0, DIRTYLOG_START_DIRTY);
	d.mmu->contend = 1;
	expect(harvest(&t) == NR);
	expect(nr_named(d.mmu) == NR);
	expect(d.mmu->count[MOCK_LOCK] == d.mmu->count[MOCK_PROTECT]);
	expect(d.mmu->count[MOCK_LOCK] == d.mmu->count[MOCK_UNLOCK]);
}

/* The mock says if the lock is held for too many frames; all are armed anyway. */
static void gives_way(void)
{
	unsigned long frame;

	begin(1);
	attach(&t, 15, DIRTYLOG_START_DIRTY);
	/* Large granules: one chunk has more frames than the lock may be held for. */
	expect(harvest(&t) == 2);
	expect(d.mmu->count[MOCK_LOCK] >= 2);
	expect(nr_named(d.mmu) == NR);
	dirtylog_detach(&t, d.vm);

	/* Few bits, far apart: batches are wide. */
	mock_mmu_reset_counts(d.mmu);
	attach(&t, 0, DIRTYLOG_START_CLEAN);
	for (frame = 0; frame < NR; frame += 100)
		dirtylog_mark(&d.vm->log, frame);
	expect(harvest(&t) == (NR - 1) / 100 + 1);
	expect(nr_named(d.mmu) == (NR - 1) / 100 + 1);
}

/* Frames by a mask that begins anywhere, and ends with the log. */
static void protect_mask(void)
{
	unsigned long frame;

	begin(1);
	open_all();
	expect(!dirtylog_protect(&d.vm->log, d.vm, 60, ~0UL));
	expect(nr_named(d.mmu) == 64);
	for (frame = 60; frame < 124; frame++)
		expect(was_named(d.mmu, frame));
	mock_mmu_reset_counts(d.mmu);
	expect(!dirtylog_protect(&d.vm->log, d.vm, NR - 3, ~0UL));
	expect(nr_named(d.mmu) == 3 && was_named(d.mmu, NR - 1));
	expect(!dirtylog_protect(&d.vm->log, d.vm, NR, ~0UL));
	expect(!dirtylog_protect(&d.vm->log, d.vm, 128, BIT(0)));
	expect(nr_named(d.mmu) == 4 && was_named(d.mmu, 128));
}

/* Not by signals: the frames could not be put back anywhere. */
static void protect_unkillable(void)
{
	begin(1);
	open_all();
	current->fatal_in = 1;
	expect(!dirtylog_protect(&d.vm->log, d.vm, 5, BIT(0)));
	current->fatal_in = 0;
	expect(was_named(d.mmu, 5));
}

static int fail_arm(struct mock_mmu *mmu, enum mock_point point)
{
	return point == MOCK_ARM && mmu == d.mmu ? -EIO : 0;
}

static void protect_all(void)
{
	begin(2);
	open_all();
	expect(!dirtylog_protect_all(&d.vm->log, d.vm));
	expect(!mock_mmu_entry_writable(&d.vm->mmus[0], NR - 1));
	expect(!mock_mmu_entry_writable(&d.vm->mmus[1], NR - 1));
	/* The first one's, whatever the second says. */
	mock_vm_hook(d.vm, fail_arm, NULL);
	expect(dirtylog_protect_all(&d.vm->log, d.vm) == -EIO);
}

static int quiesce_ret;
static unsigned int quiesced;

static int quiesce(struct dirtylog_mapping *mapping, void *owner)
{
	quiesced++;
	return quiesce_ret;
}

static void quiesce_op(void)
{
	struct dirtylog_ops ops = mock_mmu_ops;

	begin(1);
	dirtylog_unmap(&d.vm->log, &d.mmu->mapping, d.vm);
	ops.quiesce = quiesce;
	d.mmu->mapping.ops = &ops;
	expect(!dirtylog_map(&d.vm->log, &d.mmu->mapping));
	expect(!dirtylog_quiesce(&d.vm->log, d.vm) && quiesced == 1);
	quiesce_ret = -EINTR;
	expect(dirtylog_quiesce(&d.vm->log, d.vm) == -EINTR);
	dirtylog_unmap(&d.vm->log, &d.mmu->mapping, d.vm);
}

#define BIG	BIT(34)
#define FAR	(BIT(33) + 12345)

static unsigned long far_frames;

static int protect_far(struct dirtylog_mapping *mapping, void *owner,
		       const struct dirtylog_batch *batch)
{
	unsigned long bit;

	for_each_set_bit(bit, batch->bits, batch->nr)
		far_frames += (batch->first + bit) >> 18 == FAR >> 18;
	return 0;
}

static void flush_nothing(struct dirtylog_mapping *mapping, void *owner)
{
}

static int arm_nothing(struct dirtylog_mapping *mapping, void *owner)
{
	return 0;
}

/* More frames than 32 bits can count. */
static void big_log(void)
{
	static const struct dirtylog_ops ops = {
		.protect	= protect_far,
		.flush		= flush_nothing,
		.arm		= arm_nothing,
	};
	struct dirtylog_mapping mapping = { .ops = &ops };
	struct dirtylog log;

	if (dirtylog_init(&log, BIG) || dirtylog_map(&log, &mapping) ||
	    dirtylog_attach(&log, &t, 18, DIRTYLOG_START_CLEAN))
		fail("no log");
	dirtylog_mark(&log, FAR);
	expect(harvest(&t) == 1 && was_shown(FAR >> 18));
	expect(far_frames == BIT(18));
	dirtylog_mark_range(&log, FAR, 1);
	expect(harvest(&t) == 1 && was_shown(FAR >> 18));
	dirtylog_destroy(&log);
}

const struct directed_case mapping_cases[] = {
	CASE(two_mappings),
	CASE(contended),
	CASE(gives_way),
	CASE(protect_mask),
	CASE(protect_unkillable),
	CASE(protect_all),
	CASE(quiesce_op),
	CASE(big_log),
	{ }
};
