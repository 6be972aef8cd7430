// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations, and rule 1 after each of them.
 */
#include <linux/bitmap.h>
#include <kunit/test.h>

#include "mock_vm.h"
#include "random.h"
#include "reader.h"

#define READERS	2

struct shape {
	unsigned long base;
	unsigned long nr_pages;
	unsigned int nr_mmus;
	unsigned int orders[READERS];
};

static const struct shape shapes[] = {
	{ 0, 1, 1, { 0, 0 } },
	{ 63, 65, 1, { 0, 1 } },
	{ 65, 200, 2, { 0, 3 } },
	{ 511, 513, 2, { 0, 6 } },
	{ 1, 1300, 1, { 0, 9 } },
	{ 63, 4200, 2, { 12, 0 } },
};

static void shape_desc(const struct shape *shape, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%lu frames at %lu, %u mappings",
		 shape->nr_pages, shape->base, shape->nr_mmus);
}

KUNIT_ARRAY_PARAM(shape, shapes, shape_desc);

struct model {
	struct kunit *test;
	struct mock_vm *vm;
	struct reader *readers[READERS];
	bool live[READERS];
	struct rnd_state rnd;
	unsigned long nr;
	/* Where writes go for a while. */
	unsigned long hot;
	/* Of 64 points in a pass: how many get a write. */
	unsigned int inject;
	unsigned int fail;
	unsigned long injected, failed;
	u32 value;
};

static unsigned long some_frame(struct model *m)
{
	if (random_below(&m->rnd, 3))
		return (m->hot + random_below(&m->rnd, 70)) % m->nr;
	return random_below(&m->rnd, m->nr);
}

static struct mock_mmu *some_mmu(struct model *m)
{
	return &m->vm->mmus[random_below(&m->rnd, m->vm->nr_mmus)];
}

static void write_some_frame(struct model *m)
{
	unsigned int vcpu = random_below(&m->rnd, MOCK_VCPUS + 1);
	unsigned long frame = some_frame(m);

	m->value++;
	if (vcpu == MOCK_VCPUS)
		mock_vm_direct_write(m->vm, frame, m->value);
	else
		mock_guest_write(&some_mmu(m)->vcpus[vcpu], frame, m->value);
}

/* Every point of a pass: writes, and errors where one is possible. */
static int model_hook(struct mock_mmu *mmu, enum mock_point point)
{
	struct model *m = mmu->hook_data;

	if (point == MOCK_FAULT || point == MOCK_DIRECT)
		return 0;
	if (random_below(&m->rnd, 64) < m->inject) {
		m->injected++;
		write_some_frame(m);
	}
	if (point != MOCK_PROTECT && point != MOCK_SINK && point != MOCK_ARM)
		return 0;
	if (random_below(&m->rnd, 64) < m->fail) {
		m->failed++;
		return -EIO;
	}
	return 0;
}

static int model_chunk(struct reader *reader)
{
	struct model *m = reader->data;

	return model_hook(&m->vm->mmus[0], MOCK_SINK);
}

static bool frame_is_armed(struct model *m, unsigned long frame)
{
	unsigned int i;

	for (i = 0; i < m->vm->nr_mmus; i++) {
		if (!mock_mmu_is_armed(&m->vm->mmus[i], frame))
			return false;
	}
	return true;
}

/* Rule 1: dirty in each live tracker, or armed in each mapping. */
static void check_rule(struct model *m)
{
	unsigned long frame;
	unsigned int i;

	for (frame = 0; frame < m->nr; frame++) {
		bool dirty = true;

		for (i = 0; i < READERS; i++) {
			struct reader *reader = m->readers[i];

			if (m->live[i] &&
			    !test_bit(frame >> reader->order,
				      reader->tracker.record.level[0]))
				dirty = false;
		}
		if (!dirty && !frame_is_armed(m, frame))
			KUNIT_FAIL_AND_ABORT(m->test,
					     "frame %lu is neither dirty nor armed",
					     frame);
	}
}

/*
 * No frame that is clean for a reader differs from its copy: stronger than to
 * compare in the end.
 */
static void check_copies(struct model *m)
{
	unsigned long frame;
	unsigned int i;

	for (i = 0; i < READERS; i++) {
		struct reader *reader = m->readers[i];

		if (!m->live[i])
			continue;
		for (frame = 0; frame < m->nr; frame++) {
			if (reader->copy[frame] == m->vm->memory[frame])
				continue;
			if (!test_bit(frame >> reader->order,
				      reader->tracker.record.level[0]))
				KUNIT_FAIL_AND_ABORT(m->test,
						     "reader %u: a write to frame %lu is lost",
						     i, frame);
		}
	}
}

static void some_pass(struct model *m)
{
	unsigned int i = random_below(&m->rnd, READERS);
	struct reader *reader = m->readers[i];
	unsigned long first, end;
	unsigned int kind = random_below(&m->rnd, 8);
	int ret;

	if (!m->live[i])
		return;
	random_range(&m->rnd, reader->nr, &first, &end);
	if (!random_below(&m->rnd, 3)) {
		first = 0;
		end = reader->nr;
	}
	reader->flags = random_below(&m->rnd, 4) ? 0 : DIRTYLOG_FLUSH_CHUNKS;
	reader->stop_at = random_below(&m->rnd, 3);

	if (kind < 4) {
		ret = reader_harvest(reader, first, end);
	} else if (kind < 6) {
		ret = reader_peek(reader, first, end);
	} else {
		/* Some of what was peeked, maybe long ago. */
		bitmap_copy(reader->named, reader->peeked, reader->nr);
		if (kind == 7)
			__clear_bit(random_below(&m->rnd, reader->nr),
				    reader->named);
		ret = reader_rearm(reader, first, end);
	}
	if (ret)
		KUNIT_ASSERT_EQ(m->test, -EIO, ret);
	KUNIT_ASSERT_GE(m->test, reader->pass.next, first);
	KUNIT_ASSERT_LE(m->test, reader->pass.next, end);
}

/* The second reader comes and goes. */
static void attach_or_detach(struct model *m)
{
	struct reader *reader = m->readers[1];

	if (m->live[1]) {
		dirtylog_detach(&reader->tracker, m->vm);
		m->live[1] = false;
	} else if (reader->tracker.log) {
		m->live[1] = !reader_arm(reader);
	} else {
		bool dirty = random_below(&m->rnd, 2);

		KUNIT_ASSERT_EQ(m->test, 0,
				reader_start(reader, dirty ?
					     DIRTYLOG_START_DIRTY :
					     DIRTYLOG_START_ARM));
		bitmap_zero(reader->peeked, reader->nr);
		m->live[1] = dirty;
	}
}

static void some_operation(struct model *m)
{
	struct mock_mmu *mmu = some_mmu(m);
	unsigned long first, end;

	switch (random_below(&m->rnd, 32)) {
	case 0:
		random_range(&m->rnd, m->nr, &first, &end);
		mock_mmu_zap(mmu, first, min(end - first, 40));
		break;
	case 1:
		mock_mmu_open(mmu, some_frame(m));
		break;
	case 2:
		mock_mmu_write_protect(mmu, some_frame(m));
		break;
	case 3:
		mock_mmu_collapse(mmu, some_frame(m));
		break;
	case 4:
		mmu->open_large = !mmu->open_large;
		break;
	case 5:
		m->hot = random_below(&m->rnd, m->nr);
		break;
	case 6:
		/* Quiet, or every few points. */
		m->inject = random_below(&m->rnd, 2) * 20;
		m->fail = random_below(&m->rnd, 2) * 6;
		break;
	case 7:
		mmu->contend = random_below(&m->rnd, 3);
		break;
	case 8:
		if (!random_below(&m->rnd, 8))
			attach_or_detach(m);
		break;
	case 9 ... 13:
		some_pass(m);
		break;
	default:
		write_some_frame(m);
		break;
	}
}

static void model_init(struct kunit *test, struct model *m)
{
	const struct shape *shape = test->param_value;
	unsigned int i;

	m->test = test;
	m->nr = shape->nr_pages;
	m->vm = mock_vm_create(test, shape->base, shape->nr_pages,
			       shape->nr_mmus);
	m->vm->rig.ops = &mock_rig;
	random_start(test, &m->rnd);
	for (i = 0; i < READERS; i++) {
		m->readers[i] = reader_alloc(test, &m->vm->rig,
					     shape->orders[i]);
		m->readers[i]->data = m;
		m->readers[i]->on_chunk = model_chunk;
		KUNIT_ASSERT_EQ(test, 0, reader_start(m->readers[i],
						      DIRTYLOG_START_ARM));
		KUNIT_ASSERT_EQ(test, 0, reader_arm(m->readers[i]));
		m->live[i] = true;
	}
	mock_vm_hook(m->vm, model_hook, m);
}

static void model_random(struct kunit *test)
{
	struct model *m = mock_zalloc(test, 1, sizeof(*m));
	unsigned int i, ops = random_ops() / ARRAY_SIZE(shapes);

	model_init(test, m);
	while (ops--) {
		some_operation(m);
		check_rule(m);
		check_copies(m);
	}

	mock_vm_hook(m->vm, NULL, NULL);
	for (i = 0; i < READERS; i++) {
		if (!m->live[i])
			continue;
		m->readers[i]->on_chunk = NULL;
		m->readers[i]->stop_at = 0;
		KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(m->readers[i]));
		KUNIT_EXPECT_EQ(test, m->nr, reader_diff(m->readers[i]));
		reader_check(m->readers[i], test);
	}
	mock_vm_check(m->vm, test);
	/* It did something. */
	if (random_ops() >= 20000) {
		KUNIT_EXPECT_GE(test, m->injected, 50);
		KUNIT_EXPECT_GE(test, m->failed, 5);
	}
}

static struct kunit_case model_cases[] = {
	KUNIT_CASE_PARAM(model_random, shape_gen_params),
	{}
};

static struct kunit_suite model_suite = {
	.name = "dirtylog_model",
	.test_cases = model_cases,
};

kunit_test_suite(model_suite);
