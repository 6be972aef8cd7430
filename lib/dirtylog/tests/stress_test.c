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
#include <linux/random.h>
#include <linux/sched.h>
#include <kunit/test.h>

#include "mock_vm.h"
#include "random.h"
#include "reader.h"

#define NR		2113
#define DURATION	(HZ / 2)

/* vCPUs, and two direct writers, the second of which may also zap. */
#define WRITERS		(MOCK_VCPUS + 2)

struct writer {
	struct mock_vm *vm;
	unsigned int id;
	struct task_struct *task;
	struct rnd_state rnd;
	unsigned long writes;
	bool zaps;
};

struct stress {
	struct mock_vm *vm;
	struct writer writers[WRITERS];
	struct rnd_state rnd;
};

static void sometimes_sleep(unsigned int one_in)
{
	/* Several CPUs need less help. */
	if (num_online_cpus() > 1)
		one_in *= 16;
	if (!get_random_u32_below(one_in))
		usleep_range(20, 50);
}

static int stress_hook(struct mock_mmu *mmu, enum mock_point point)
{
	switch (point) {
	case MOCK_FAULT:
	case MOCK_DIRECT:
		sometimes_sleep(500);
		break;
	case MOCK_PREPARE:
	case MOCK_FLUSH:
	case MOCK_ARM:
	case MOCK_ARMED:
		sometimes_sleep(8);
		break;
	case MOCK_UNLOCK:
		cond_resched();
		break;
	default:
		break;
	}
	return 0;
}

static int stress_chunk(struct reader *reader)
{
	sometimes_sleep(4);
	return get_random_u32_below(8) ? 0 : -EIO;
}

static void write_once(struct writer *w)
{
	struct mock_mmu *mmu = &w->vm->mmus[w->id % w->vm->nr_mmus];
	/* Each value once in 2^28 writes; frames in a small hot set mostly. */
	u32 value = w->id << 28 | (++w->writes & GENMASK(27, 0));
	unsigned long frame = random_below(&w->rnd, NR);

	if (random_below(&w->rnd, 4))
		frame %= 130;

	if (w->id < MOCK_VCPUS)
		mock_guest_write(&mmu->vcpus[w->id], frame, value);
	else
		mock_vm_direct_write(w->vm, frame, value);
	if (w->zaps && !random_below(&w->rnd, 512))
		mock_mmu_zap(mmu, frame, 1);
}

static int writer_thread(void *data)
{
	struct writer *w = data;
	unsigned int burst;

	while (!kthread_should_stop()) {
		for (burst = random_below(&w->rnd, 200); burst; burst--)
			write_once(w);
		/* A slow writer's last write is the one that gets lost. */
		if (!random_below(&w->rnd, 64))
			usleep_range(50, 100);
		cond_resched();
	}
	return 0;
}

static void stop_writer(void *task)
{
	kthread_stop(task);
}

static struct stress *stress_start(struct kunit *test, unsigned int nr_mmus)
{
	struct stress *s = mock_zalloc(test, 1, sizeof(*s));

	s->vm = mock_vm_create(test, 63, NR, nr_mmus);
	s->vm->rig.ops = &mock_rig;
	mock_vm_hook(s->vm, stress_hook, NULL);
	random_start(test, &s->rnd);
	return s;
}

static void start_writers(struct kunit *test, struct stress *s, bool zaps)
{
	unsigned int i;

	for (i = 0; i < WRITERS; i++) {
		struct writer *w = &s->writers[i];

		w->vm = s->vm;
		w->id = i;
		w->zaps = zaps && i == WRITERS - 1;
		prandom_seed_state(&w->rnd, prandom_u32_state(&s->rnd));
		w->task = kthread_run(writer_thread, w, "dirtylog/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(w->task));
		/* The reader is one against many. */
		set_user_nice(w->task, MAX_NICE);
		KUNIT_ASSERT_EQ(test, 0,
				kunit_add_action_or_reset(test, stop_writer,
							  w->task));
	}
}

static void stop_writers(struct kunit *test, struct stress *s)
{
	unsigned long writes = 0;
	unsigned int i;

	for (i = 0; i < WRITERS; i++) {
		kunit_release_action(test, stop_writer, s->writers[i].task);
		writes += s->writers[i].writes;
	}
	kunit_info(test, "%lu writes", writes);
}

/* Passes of all kinds until the time is over. Return: how many. */
static unsigned long run_passes(struct stress *s, struct reader *reader)
{
	unsigned long until = jiffies + DURATION, passes = 0, first, end;

	while (time_before(jiffies, until) || passes < 10) {
		random_range(&s->rnd, reader->nr, &first, &end);
		reader->flags = random_below(&s->rnd, 8) ? 0 :
				DIRTYLOG_FLUSH_CHUNKS;
		switch (random_below(&s->rnd, 4)) {
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
		if (!random_below(&s->rnd, 4))
			usleep_range(50, 200);
		cond_resched();
	}
	return passes;
}

/* The writers have stopped. Return: the copy is right. */
static bool last_harvest(struct kunit *test, struct reader *reader)
{
	reader->on_chunk = NULL;
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	reader_check(reader, test);
	return reader_diff(reader) == NR;
}

static void stress_passes(struct kunit *test)
{
	struct stress *s = stress_start(test, 2);
	struct reader *reader;

	start_writers(test, s, true);
	reader = reader_attach(test, &s->vm->rig, 0, DIRTYLOG_START_ARM);
	reader->on_chunk = stress_chunk;
	kunit_info(test, "%lu passes", run_passes(s, reader));
	stop_writers(test, s);
	KUNIT_EXPECT_TRUE(test, last_harvest(test, reader));
	mock_vm_check(s->vm, test);
}

/* A second tracker comes and goes while the first one's passes run. */
static void stress_trackers(struct kunit *test)
{
	unsigned long until = jiffies + DURATION;
	struct stress *s = stress_start(test, 1);
	struct reader *first, *second;
	unsigned int rounds = 0;

	first = reader_attach(test, &s->vm->rig, 0, DIRTYLOG_START_CLEAN);
	second = reader_alloc(test, &s->vm->rig, 4);
	start_writers(test, s, true);
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
		dirtylog_detach(&second->tracker, s->vm);
	}
	stop_writers(test, s);
	KUNIT_EXPECT_TRUE(test, last_harvest(test, first));
	mock_vm_check(s->vm, test);
}

/* The bug on purpose: the copy must be wrong. */
static void control_stress_flush_withheld(struct kunit *test)
{
	struct stress *s = stress_start(test, 1);
	struct reader *reader;

	reader = reader_attach(test, &s->vm->rig, 0, DIRTYLOG_START_CLEAN);
	s->vm->mmus[0].withhold_flush = true;
	/* A zap flushes, and would hide much of it. */
	start_writers(test, s, false);
	run_passes(s, reader);
	stop_writers(test, s);
	KUNIT_EXPECT_FALSE(test, last_harvest(test, reader));
}

static struct kunit_case stress_cases[] = {
	KUNIT_CASE_SLOW(stress_passes),
	KUNIT_CASE_SLOW(stress_trackers),
	KUNIT_CASE_SLOW(control_stress_flush_withheld),
	{}
};

static struct kunit_suite stress_suite = {
	.name = "dirtylog_stress",
	.test_cases = stress_cases,
};

kunit_test_suite(stress_suite);
