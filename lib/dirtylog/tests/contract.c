// SPDX-License-Identifier: GPL-2.0
/*
 * The contract: whatever is written reaches every reader's copy.
 *
 * Each test is an end-to-end one: readers copy what they are shown, when the
 * pass has returned; in the end the writers stop, the readers harvest once more,
 * and copy and memory must be equal.
 */
#include <linux/bitmap.h>
#include <kunit/test.h>

#include "contract.h"
#include "mock_mmu.h"
#include "random.h"
#include "reader.h"

static const struct contract_shape shapes[] = {
	{ 0, 1 },
	{ 511, 1 },
	{ 1, 63 },
	{ 63, 64 },
	{ 65, 65 },
	{ 1, 511 },
	{ 0, 512 },
	{ 511, 513 },
	{ 63, 1025 },
	{ 65, DIRTYLOG_CHUNK_PAGES - 1 },
	{ 511, DIRTYLOG_CHUNK_PAGES + 65 },
	{ 0, 100000 },
};

static void shape_desc(const struct contract_shape *shape, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%lu frames at %lu",
		 shape->nr_pages, shape->base);
}

KUNIT_ARRAY_PARAM(shape, shapes, shape_desc);

const void *contract_shape_gen_params(const void *prev, char *desc)
{
	const struct contract_shape *shape = prev;

	do {
		shape = shape_gen_params(shape, desc);
	} while (shape && test_is_too_large(shape->nr_pages));
	return shape;
}

int contract_init(struct kunit *test,
		  struct rig *(*create)(struct kunit *test, unsigned long base,
					unsigned long nr_pages))
{
	const struct contract_shape *shape = test->param_value;
	struct contract *guest = mock_zalloc(test, 1, sizeof(*guest));

	guest->rig = create(test, shape->base, shape->nr_pages);
	guest->nr = shape->nr_pages;
	random_start(test, &guest->rnd);
	test->priv = guest;
	return 0;
}

void contract_exit(struct kunit *test)
{
	struct contract *guest = test->priv;
	unsigned int i;

	if (!guest)
		return;
	if (guest->rig->ops->check)
		guest->rig->ops->check(guest->rig, test);
	for (i = 0; i < guest->nr_readers; i++)
		reader_check(guest->readers[i], test);
}

struct reader *contract_reader(struct kunit *test, unsigned int order)
{
	struct contract *guest = test->priv;
	struct reader *reader = reader_alloc(test, guest->rig, order);

	reader->data = guest;
	guest->readers[guest->nr_readers++] = reader;
	return reader;
}

struct reader *contract_attach(struct kunit *test, unsigned int order)
{
	struct reader *reader = contract_reader(test, order);

	KUNIT_ASSERT_EQ(test, 0, reader_start(reader, DIRTYLOG_START_ARM));
	KUNIT_ASSERT_EQ(test, reader->nr,
			dirtylog_nr_granules(&reader->tracker));
	KUNIT_ASSERT_EQ(test, 0, reader_arm(reader));
	return reader;
}

void contract_write(struct contract *guest, unsigned long frame)
{
	struct rig *rig = guest->rig;
	unsigned int vcpu = random_below(&guest->rnd, rig->nr_vcpus + 1);

	guest->value++;
	if (vcpu < rig->nr_vcpus)
		rig->ops->guest_write(rig, vcpu, frame, guest->value);
	else
		rig->ops->direct_write(rig, frame, guest->value);
}

/* Runs of neighbours from random places, and both ends of the log. */
static void write_some(struct contract *guest, unsigned int n)
{
	unsigned long frame = 0;

	contract_write(guest, 0);
	contract_write(guest, guest->nr - 1);
	while (n--) {
		if (n % 4)
			frame = (frame + 1) % guest->nr;
		else
			frame = random_below(&guest->rnd, guest->nr);
		contract_write(guest, frame);
	}
}

static void unmap_some(struct contract *guest)
{
	unsigned long first, end;

	random_range(&guest->rnd, guest->nr, &first, &end);
	guest->rig->ops->unmap(guest->rig, first, min(end - first, 600));
}

void contract_check_copies(struct kunit *test)
{
	struct contract *guest = test->priv;
	unsigned int i;

	for (i = 0; i < guest->nr_readers; i++) {
		struct reader *reader = guest->readers[i];

		if (!reader->tracker.live)
			continue;
		reader->on_chunk = NULL;
		reader->stop_at = 0;
		reader->fail_at = 0;
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
		KUNIT_EXPECT_EQ_MSG(test, guest->nr, reader_diff(reader),
				    "reader %u: first frame that is wrong", i);
	}
}

/* Every kind of writer; what was written is shown, and not twice. */
void contract_writes(struct kunit *test)
{
	struct contract *guest = test->priv;
	struct reader *reader = contract_attach(test, 0);
	struct rig *rig = guest->rig;
	unsigned int vcpu;
	unsigned long i;

	for (i = 0; i < 50; i++) {
		unsigned long frame = random_below(&guest->rnd, guest->nr);

		for (vcpu = 0; vcpu <= rig->nr_vcpus; vcpu++) {
			if (vcpu < rig->nr_vcpus)
				rig->ops->guest_write(rig, vcpu, frame, vcpu);
			else
				rig->ops->direct_write(rig, frame, vcpu);
			KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
			KUNIT_ASSERT_TRUE(test, reader_saw(reader, frame));
			KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
			KUNIT_ASSERT_FALSE(test, reader_saw(reader, frame));
		}
	}
	contract_check_copies(test);
}

void contract_rounds(struct kunit *test)
{
	struct contract *guest = test->priv;
	struct reader *reader;
	unsigned int round;

	/* Populated before anybody reads. */
	write_some(guest, 500);
	reader = contract_attach(test, 0);
	for (round = 0; round < 12; round++) {
		write_some(guest, 300);
		if (round % 3 == 0)
			unmap_some(guest);
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
		write_some(guest, 20);
	}
	contract_check_copies(test);
}

void contract_ranges(struct kunit *test)
{
	struct contract *guest = test->priv;
	struct reader *reader = contract_attach(test, 0);
	unsigned long first, end;
	unsigned int round;

	for (round = 0; round < 40; round++) {
		write_some(guest, 100);
		random_range(&guest->rnd, guest->nr, &first, &end);
		KUNIT_ASSERT_EQ(test, 0, reader_harvest(reader, first, end));
		KUNIT_ASSERT_EQ(test, end, reader->pass.next);
		KUNIT_ASSERT_EQ(test, first == 0, reader_saw(reader, 0));
		KUNIT_ASSERT_EQ(test, end == guest->nr,
				reader_saw(reader, guest->nr - 1));
	}
	contract_check_copies(test);
}

static int write_in_chunk(struct reader *reader)
{
	struct contract *guest = reader->data;

	write_some(guest, 30);
	return 0;
}

/* Never a harvest: what is peeked is copied after a rearm of some of it. */
void contract_peek_rearm(struct kunit *test)
{
	struct contract *guest = test->priv;
	struct reader *reader = contract_attach(test, 0);
	unsigned long first, end;
	unsigned int round;

	for (round = 0; round < 30; round++) {
		write_some(guest, 100);
		reader->on_chunk = round % 2 ? write_in_chunk : NULL;
		random_range(&guest->rnd, guest->nr, &first, &end);
		KUNIT_ASSERT_EQ(test, 0, reader_peek(reader, first, end));
		bitmap_copy(reader->named, reader->shown, guest->nr);
		write_some(guest, 30);
		random_range(&guest->rnd, guest->nr, &first, &end);
		KUNIT_ASSERT_EQ(test, 0, reader_rearm(reader, first, end));
		write_some(guest, 5);
	}
	reader->on_chunk = NULL;
	KUNIT_ASSERT_EQ(test, 0, reader_peek(reader, 0, guest->nr));
	bitmap_copy(reader->named, reader->shown, guest->nr);
	KUNIT_ASSERT_EQ(test, 0, reader_rearm(reader, 0, guest->nr));
	KUNIT_EXPECT_EQ(test, guest->nr, reader_diff(reader));
	contract_check_copies(test);
}

/* The guest runs while a pass shows what it has taken. */
void contract_write_in_sink(struct kunit *test)
{
	struct contract *guest = test->priv;
	struct reader *reader = contract_attach(test, 0);
	unsigned int round;

	for (round = 0; round < 20; round++) {
		write_some(guest, 100);
		reader->on_chunk = write_in_chunk;
		reader->flags = round % 2 ? DIRTYLOG_FLUSH_CHUNKS : 0;
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	}
	contract_check_copies(test);
}

void contract_sink_fails(struct kunit *test)
{
	struct contract *guest = test->priv;
	struct reader *reader = contract_attach(test, 0);
	unsigned int round;
	int ret;

	for (round = 0; round < 30; round++) {
		write_some(guest, 100);
		reader->fail_at = 1 + round % 3;
		reader->on_chunk = round % 2 ? write_in_chunk : NULL;
		ret = reader_harvest_all(reader);
		KUNIT_ASSERT_EQ(test, ret,
				reader->chunks == reader->fail_at ? -EIO : 0);
		write_some(guest, 10);
	}
	contract_check_copies(test);
}

void contract_stops(struct kunit *test)
{
	struct contract *guest = test->priv;
	struct reader *reader = contract_attach(test, 0);
	unsigned long first = 0;
	unsigned int round;

	for (round = 0; round < 30; round++) {
		write_some(guest, 100);
		reader->stop_at = 1;
		KUNIT_ASSERT_EQ(test, 0, reader_harvest(reader, first,
							guest->nr));
		KUNIT_ASSERT_LE(test, reader->chunks, 1);
		KUNIT_ASSERT_GT(test, reader->pass.next, first);
		first = reader->pass.next;
		if (first == guest->nr)
			first = 0;
	}
	contract_check_copies(test);
}

/* Three readers with granules of their own, at a pace of their own. */
void contract_trackers(struct kunit *test)
{
	struct contract *guest = test->priv;
	unsigned int round;

	contract_attach(test, 0);
	contract_attach(test, 4);
	write_some(guest, 50);
	contract_attach(test, 9);
	for (round = 0; round < 30; round++) {
		struct reader *reader = guest->readers[round % 3];

		write_some(guest, 50);
		reader->fail_at = random_below(&guest->rnd, 3);
		reader_harvest_all(reader);
		if (round % 5 == 0)
			unmap_some(guest);
	}
	contract_check_copies(test);
}

/* A reader that comes and goes does not disturb the other. */
void contract_attach_late(struct kunit *test)
{
	struct contract *guest = test->priv;
	struct reader *first = contract_attach(test, 0), *second;
	unsigned int round;

	second = contract_reader(test, 3);
	for (round = 0; round < 3; round++) {
		write_some(guest, 100);
		KUNIT_ASSERT_EQ(test, 0, reader_start(second,
						      DIRTYLOG_START_ARM));
		write_some(guest, 100);
		KUNIT_ASSERT_EQ(test, 0, reader_arm(second));
		write_some(guest, 100);
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(first));
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(second));
		KUNIT_ASSERT_EQ(test, guest->nr, reader_diff(first));
		KUNIT_ASSERT_EQ(test, guest->nr, reader_diff(second));
		dirtylog_detach(&second->tracker, guest->rig->owner);
	}
	contract_check_copies(test);
}

static void map_all_large(struct contract *guest)
{
	unsigned long frame;

	for (frame = 0; frame < guest->nr; frame += guest->rig->large_frames)
		guest->rig->ops->map_large(guest->rig, frame);
}

/* Large entries that were writable before tracking began. */
void contract_large(struct kunit *test)
{
	struct contract *guest = test->priv;
	unsigned int round;

	map_all_large(guest);
	write_some(guest, 200);
	contract_attach(test, 0);
	for (round = 0; round < 10; round++) {
		write_some(guest, 100);
		KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(guest->readers[0]));
	}
	contract_check_copies(test);
}

/* Large entries that become small ones, and large again, while tracking runs. */
void contract_split(struct kunit *test)
{
	struct contract *guest = test->priv;
	const struct rig_ops *ops = guest->rig->ops;
	unsigned int round;

	map_all_large(guest);
	contract_attach(test, 0);
	for (round = 0; round < 30; round++) {
		contract_write(guest, random_below(&guest->rnd, guest->nr));
		ops->split(guest->rig, random_below(&guest->rnd, guest->nr));
		if (round % 3 == 0)
			KUNIT_ASSERT_EQ(test, 0,
					reader_harvest_all(guest->readers[0]));
		write_some(guest, 30);
		ops->collapse(guest->rig, random_below(&guest->rnd, guest->nr));
	}
	contract_check_copies(test);
}

/* Large entries that come back while tracking runs. */
void contract_collapse(struct kunit *test)
{
	struct contract *guest = test->priv;
	const struct rig_ops *ops = guest->rig->ops;
	unsigned int round;

	contract_attach(test, 0);
	for (round = 0; round < 30; round++) {
		write_some(guest, 100);
		ops->collapse(guest->rig, random_below(&guest->rnd, guest->nr));
		write_some(guest, 10);
		if (round % 2)
			KUNIT_ASSERT_EQ(test, 0,
					reader_harvest_all(guest->readers[0]));
	}
	contract_check_copies(test);
}

/* What was written is in its page after that went and came back (rule 9). */
void contract_reclaim(struct kunit *test)
{
	struct contract *guest = test->priv;
	const struct rig_ops *ops = guest->rig->ops;
	struct reader *reader;
	unsigned long frame;
	unsigned int round;
	u32 value;

	write_some(guest, 100);
	reader = contract_attach(test, 0);
	for (round = 0; round < 200; round++) {
		frame = random_below(&guest->rnd, guest->nr);
		contract_write(guest, frame);
		value = ops->read(guest->rig, frame);
		if (ops->collapse && round % 8 == 0)
			ops->collapse(guest->rig, frame);
		if (round % 3)
			KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
		if (ops->split && round % 4 == 0)
			ops->split(guest->rig, frame);
		ops->reclaim(guest->rig, frame);
		KUNIT_ASSERT_EQ_MSG(test, value, ops->read(guest->rig, frame),
				    "frame %lu went without a trace", frame);
	}
	contract_check_copies(test);
}

/* The tests see a backend that does not flush: a copy that is wrong. */
void contract_flush_withheld(struct kunit *test)
{
	struct contract *guest = test->priv;
	const struct rig_ops *ops = guest->rig->ops;
	struct reader *reader;
	unsigned long frame = guest->nr / 2;

	reader = contract_attach(test, 0);
	ops->withhold_flush(guest->rig);
	ops->guest_write(guest->rig, 0, frame, 1);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	ops->guest_write(guest->rig, 0, frame, 2);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, frame, reader_diff(reader));
}
