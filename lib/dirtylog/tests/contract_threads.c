// SPDX-License-Identifier: GPL-2.0
/*
 * Writers in threads of their own while readers harvest.
 *
 * On one CPU the threads change places where hooks sleep: within faults, direct
 * writes, sinks, and between a pass's steps. On more they run beside each other.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <kunit/test.h>

#include "contract.h"
#include "mock_mmu.h"
#include "random.h"

#define DURATION	(HZ / 2)

/* Of them two direct writers, the second of which may also unmap. */
#define MAX_WRITERS	16

static const struct contract_shape shapes[] = {
	{ 63, 2113 },
};

static void shape_desc(const struct contract_shape *shape, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%lu frames at %lu",
		 shape->nr_pages, shape->base);
}

KUNIT_ARRAY_PARAM(threads, shapes, shape_desc);

const void *contract_threads_gen_params(const void *prev, char *desc)
{
	return threads_gen_params(prev, desc);
}

struct writer {
	struct rig *rig;
	unsigned int id;
	struct task_struct *task;
	struct rnd_state rnd;
	unsigned long writes;
	bool unmaps;
};

struct threads {
	struct contract *guest;
	struct writer writers[MAX_WRITERS];
	unsigned int nr_writers;
};

static void sometimes_sleep(unsigned int one_in)
{
	/* Several CPUs need less help. */
	if (num_online_cpus() > 1)
		one_in *= 16;
	if (!get_random_u32_below(one_in))
		usleep_range(20, 50);
}

static int threads_hook(void *data, unsigned int where)
{
	if (where & RIG_WINDOW)
		sometimes_sleep(500);
	else if (!(where & RIG_LOCKED))
		sometimes_sleep(8);
	return 0;
}

static int threads_chunk(struct reader *reader)
{
	sometimes_sleep(4);
	return get_random_u32_below(8) ? 0 : -EIO;
}

static void write_once(struct writer *w)
{
	struct rig *rig = w->rig;
	unsigned long nr = rig->log->nr_pages;
	/* Each value once in 2^28 writes; frames in a small hot set mostly. */
	u32 value = w->id << 28 | (++w->writes & GENMASK(27, 0));
	unsigned long frame = random_below(&w->rnd, nr);

	if (random_below(&w->rnd, 4))
		frame %= 130;

	if (w->id < rig->nr_vcpus)
		rig->ops->guest_write(rig, w->id, frame, value);
	else
		rig->ops->direct_write(rig, frame, value);
	if (w->unmaps && !random_below(&w->rnd, 512))
		rig->ops->unmap(rig, frame, 1);
}

static int writer_thread(void *data)
{
	struct writer *w = data;
	const struct rig_ops *ops = w->rig->ops;
	unsigned int burst;

	if (ops->enter_thread)
		ops->enter_thread(w->rig);
	while (!kthread_should_stop()) {
		for (burst = random_below(&w->rnd, 200); burst; burst--)
			write_once(w);
		/* A slow writer's last write is the one that gets lost. */
		if (!random_below(&w->rnd, 64))
			usleep_range(50, 100);
		cond_resched();
	}
	if (ops->leave_thread)
		ops->leave_thread(w->rig);
	return 0;
}

static void stop_writer(void *task)
{
	kthread_stop(task);
}

static struct threads *threads_create(struct kunit *test)
{
	struct threads *t = mock_zalloc(test, 1, sizeof(*t));

	t->guest = test->priv;
	t->nr_writers = min(t->guest->rig->nr_vcpus + 2, MAX_WRITERS);
	if (t->guest->rig->ops->hook)
		t->guest->rig->ops->hook(t->guest->rig, threads_hook, NULL);
	return t;
}

static void start_writers(struct kunit *test, struct threads *t, bool unmap)
{
	unsigned int i;

	for (i = 0; i < t->nr_writers; i++) {
		struct writer *w = &t->writers[i];

		w->rig = t->guest->rig;
		w->id = i;
		w->unmaps = unmap && i == t->nr_writers - 1;
		prandom_seed_state(&w->rnd, prandom_u32_state(&t->guest->rnd));
		w->task = kthread_run(writer_thread, w, "dirtylog/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(w->task));
		/* The reader is one against many. */
		set_user_nice(w->task, MAX_NICE);
		KUNIT_ASSERT_EQ(test, 0,
				kunit_add_action_or_reset(test, stop_writer,
							  w->task));
	}
}

static void stop_writers(struct kunit *test, struct threads *t)
{
	unsigned long writes = 0;
	unsigned int i;

	for (i = 0; i < t->nr_writers; i++) {
		kunit_release_action(test, stop_writer, t->writers[i].task);
		writes += t->writers[i].writes;
	}
	kunit_info(test, "%lu writes", writes);
	KUNIT_EXPECT_GT(test, writes, 0);
}

/* Passes of all kinds until the time is over. Return: how many. */
static unsigned long run_passes(struct contract *guest, struct reader *reader)
{
	unsigned long until = jiffies + DURATION, passes = 0, first, end;

	while (time_before(jiffies, until) || passes < 10) {
		random_range(&guest->rnd, reader->nr, &first, &end);
		reader->flags = random_below(&guest->rnd, 8) ? 0 :
				DIRTYLOG_FLUSH_CHUNKS;
		switch (random_below(&guest->rnd, 4)) {
		case 0:
			reader_harvest(reader, first, end);
			break;
		case 1:
			reader_peek(reader, 0, reader->nr);
			bitmap_copy(reader->named, reader->peeked, reader->nr);
			reader_rearm(reader, first, end);
			break;
		default:
			reader_harvest_all(reader);
			break;
		}
		passes++;
		if (!random_below(&guest->rnd, 4))
			usleep_range(50, 200);
		cond_resched();
	}
	return passes;
}

void contract_threads(struct kunit *test)
{
	struct threads *t = threads_create(test);
	struct reader *reader;

	start_writers(test, t, true);
	reader = contract_attach(test, 0);
	reader->on_chunk = threads_chunk;
	kunit_info(test, "%lu passes", run_passes(t->guest, reader));
	stop_writers(test, t);
	contract_check_copies(test);
}

/* Trackers come and go while writers run and the other one's passes. */
void contract_threads_trackers(struct kunit *test)
{
	unsigned long until = jiffies + DURATION;
	struct threads *t = threads_create(test);
	void *owner = t->guest->rig->owner;
	struct reader *first, *second;
	unsigned int rounds = 0;

	first = contract_attach(test, 0);
	second = contract_reader(test, 4);
	start_writers(test, t, true);
	while (time_before(jiffies, until) || rounds < 3) {
		KUNIT_ASSERT_EQ(test, 0,
				reader_start(second, DIRTYLOG_START_ARM));
		reader_harvest_all(first);
		KUNIT_ASSERT_EQ(test, 0, reader_arm(second));
		reader_harvest_all(second);
		reader_harvest_all(first);
		usleep_range(50, 200);
		reader_harvest_all(second);
		/* The older one goes, at times. */
		if (rounds++ % 4 == 3)
			swap(first, second);
		dirtylog_detach(&second->tracker, owner);
	}
	stop_writers(test, t);
	contract_check_copies(test);
}

/* The bug on purpose: the copy must be wrong. */
void contract_threads_flush_withheld(struct kunit *test)
{
	struct threads *t = threads_create(test);
	struct reader *reader;

	reader = contract_attach(test, 0);
	t->guest->rig->ops->withhold_flush(t->guest->rig);
	/* An unmap flushes, and would hide much of it. */
	start_writers(test, t, false);
	run_passes(t->guest, reader);
	stop_writers(test, t);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_LT(test, reader_diff(reader), t->guest->nr);
}
