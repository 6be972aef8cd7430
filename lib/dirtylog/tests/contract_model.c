// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations, and rule 1 after each of them.
 */
#include <linux/bitmap.h>
#include <linux/minmax.h>
#include <kunit/test.h>

#include "contract.h"
#include "mock_mmu.h"
#include "random.h"

#define READERS	3

/* Of 64 points in a pass, while there is no quiet. */
#define INJECT	20
#define FAIL	12

struct model_shape {
	struct contract_shape shape;
	unsigned int orders[READERS];
};

/* contract_init() takes them for plain shapes. */
static_assert(!offsetof(struct model_shape, shape));

static const struct model_shape shapes[] = {
	{ { 0, 1 }, { 0, 0, 1 } },
	{ { 63, 65 }, { 0, 1, 0 } },
	{ { 65, 200 }, { 0, 3, 5 } },
	{ { 511, 513 }, { 0, 6, 9 } },
	{ { 1, 1300 }, { 0, 9, 0 } },
	{ { 63, 4200 }, { 12, 0, 2 } },
};

static void shape_desc(const struct model_shape *m, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%lu frames at %lu",
		 m->shape.nr_pages, m->shape.base);
}

KUNIT_ARRAY_PARAM(model, shapes, shape_desc);

const void *contract_model_gen_params(const void *prev, char *desc)
{
	const struct model_shape *m = prev;

	do {
		m = model_gen_params(m, desc);
	} while (m && test_is_too_large(m->shape.nr_pages));
	return m;
}

struct model {
	struct kunit *test;
	struct contract *guest;
	const struct rig_ops *ops;
	bool live[READERS];
	unsigned long nr;
	/* Where writes go for a while. */
	unsigned long hot;
	/* Of 64 points: how many get a write, or fail. */
	unsigned int inject, fail;
	unsigned long injected, failed;
};

static unsigned long below(struct model *m, unsigned long n)
{
	return random_below(&m->guest->rnd, n);
}

static unsigned long some_frame(struct model *m)
{
	if (below(m, 3))
		return (m->hot + below(m, 70)) % m->nr;
	return below(m, m->nr);
}

/* Every point of a pass: writes, and errors where one is possible. */
static int model_hook(void *data, unsigned int where)
{
	struct model *m = data;

	if (where & RIG_WINDOW)
		return 0;
	if (below(m, 64) < m->inject) {
		m->injected++;
		contract_write(m->guest, some_frame(m));
	}
	if (where & RIG_MAY_FAIL && below(m, 64) < m->fail) {
		m->failed++;
		return -EIO;
	}
	return 0;
}

static int model_chunk(struct reader *reader)
{
	return model_hook(reader->data, RIG_MAY_FAIL);
}

static bool is_clean(const struct reader *reader, unsigned long frame)
{
	return !test_bit(frame >> reader->order, reader->tracker.record.level[0]);
}

/* Rule 1: dirty in each live tracker, or armed in each mapping. */
static void check_rule(struct model *m)
{
	unsigned long frame;
	unsigned int i;

	for (frame = 0; frame < m->nr && m->ops->armed; frame++) {
		bool clean = false;

		for (i = 0; i < READERS; i++)
			clean |= m->live[i] &&
				 is_clean(m->guest->readers[i], frame);
		if (clean && !m->ops->armed(m->guest->rig, frame))
			KUNIT_FAIL_AND_ABORT(m->test,
					     "frame %lu is neither dirty nor armed",
					     frame);
	}
}

/*
 * No frame that is clean for a reader, and not recorded, differs from its copy: stronger
 * than to compare in the end.
 */
static void check_copies(struct model *m)
{
	unsigned long frame;
	unsigned int i;

	for (i = 0; i < READERS; i++) {
		struct reader *reader = m->guest->readers[i];

		for (frame = 0; frame < m->nr && m->live[i]; frame++) {
			if (is_clean(reader, frame) && reader->copy[frame] !=
			    m->ops->read(m->guest->rig, frame) &&
			    !(m->ops->recorded &&
			      m->ops->recorded(m->guest->rig, frame)))
				KUNIT_FAIL_AND_ABORT(m->test,
						     "reader %u: a write to frame %lu is lost",
						     i, frame);
		}
	}
}

static void some_pass(struct model *m)
{
	unsigned int i = below(m, READERS);
	struct reader *reader = m->guest->readers[i];
	unsigned long first, end;
	unsigned int kind = below(m, 8);
	int ret;

	if (!m->live[i])
		return;
	random_range(&m->guest->rnd, reader->nr, &first, &end);
	if (!below(m, 3)) {
		first = 0;
		end = reader->nr;
	}
	reader->flags = below(m, 4) ? 0 : DIRTYLOG_FLUSH_CHUNKS;
	reader->stop_at = below(m, 3);

	if (kind < 4) {
		ret = reader_harvest(reader, first, end);
	} else if (kind < 6) {
		ret = reader_peek(reader, first, end);
	} else {
		/* Some of what was peeked, maybe long ago. */
		bitmap_copy(reader->named, reader->peeked, reader->nr);
		if (kind == 7)
			__clear_bit(below(m, reader->nr),
				    reader->named);
		ret = reader_rearm(reader, first, end);
	}
	if (ret)
		KUNIT_ASSERT_EQ(m->test, -EIO, ret);
	KUNIT_ASSERT_GE(m->test, reader->pass.next, first);
	KUNIT_ASSERT_LE(m->test, reader->pass.next, end);
}

/* A reader comes, in one step or in two, or goes. */
static void attach_or_detach(struct model *m)
{
	unsigned int i = below(m, READERS);
	struct reader *reader = m->guest->readers[i];

	if (m->live[i]) {
		dirtylog_detach(&reader->tracker, m->guest->rig->owner);
		m->live[i] = false;
	} else if (reader->tracker.log) {
		m->live[i] = !reader_arm(reader);
	} else {
		bool dirty = below(m, 2);

		KUNIT_ASSERT_EQ(m->test, 0,
				reader_start(reader, dirty ?
					     DIRTYLOG_START_DIRTY :
					     DIRTYLOG_START_ARM));
		bitmap_zero(reader->peeked, reader->nr);
		m->live[i] = dirty;
	}
}

static void some_operation(struct model *m)
{
	struct rig *rig = m->guest->rig;
	unsigned long first, end;

	switch (below(m, 32)) {
	case 0:
		random_range(&m->guest->rnd, m->nr, &first, &end);
		m->ops->unmap(rig, first, min(end - first, 40));
		break;
	case 1 ... 4:
		if (m->ops->disturb)
			m->ops->disturb(rig, some_frame(m), below(m, 1024));
		break;
	case 5:
		m->hot = below(m, m->nr);
		break;
	case 6:
		/* Quiet, or every few points. */
		m->inject = below(m, 2) * INJECT;
		m->fail = below(m, 2) * FAIL;
		break;
	case 7:
		if (m->ops->split)
			m->ops->split(rig, some_frame(m));
		break;
	case 8:
		if (m->ops->collapse)
			m->ops->collapse(rig, some_frame(m));
		break;
	case 9:
		if (!below(m, 6))
			attach_or_detach(m);
		break;
	case 10 ... 14:
		some_pass(m);
		break;
	default:
		contract_write(m->guest, some_frame(m));
		break;
	}
}

static void model_init(struct kunit *test, struct model *m)
{
	const struct model_shape *shape = test->param_value;
	struct contract *guest = test->priv;
	unsigned int i;

	m->test = test;
	m->guest = guest;
	m->ops = guest->rig->ops;
	m->nr = guest->nr;
	m->inject = INJECT;
	m->fail = FAIL;
	for (i = 0; i < READERS; i++) {
		struct reader *reader = contract_attach(test, shape->orders[i]);

		reader->data = m;
		reader->on_chunk = model_chunk;
		m->live[i] = true;
	}
	if (m->ops->hook)
		m->ops->hook(guest->rig, model_hook, m);
}

void contract_model(struct kunit *test)
{
	struct model *m = mock_zalloc(test, 1, sizeof(*m));
	unsigned int ops = random_ops() / ARRAY_SIZE(shapes);

	model_init(test, m);
	while (ops--) {
		some_operation(m);
		check_rule(m);
		check_copies(m);
		cond_resched();
	}

	if (m->ops->hook)
		m->ops->hook(m->guest->rig, NULL, NULL);
	contract_check_copies(test);
	/* It did something; how much of it is up to the seed. */
	if (random_ops() >= 20000) {
		KUNIT_EXPECT_GE(test, m->injected, 1);
		KUNIT_EXPECT_GE(test, m->failed, 1);
	}
}
