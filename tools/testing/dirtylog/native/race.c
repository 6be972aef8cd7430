// SPDX-License-Identifier: GPL-2.0
/*
 * Marks beside harvests, as tight as it gets: one thread opens entries and marks them,
 * one harvests. An entry that stays writable although a harvest began and ended after
 * its mark was lost: its frame is not dirty any more, and never will be.
 *
 * Only real CPUs that run at the same time show what dirtylog_mark()'s barrier is
 * for: a store that is still on its way when the test of the leaf is done.
 */
#include <stdio.h>
#include <time.h>
#include <linux/bitops.h>

#include "internal.h"

#define FRAMES		4
/* Logs whose records have so many. */
#define TWO_LEVELS	(2 * DIRTYLOG_TOP_WORDS * BITS_PER_LONG)
#define THREE_LEVELS	(TWO_LEVELS * BITS_PER_LONG)
/* Stores that miss the cache: as many as a CPU may have on their way, and half of that. */
#define COLD_STORES	24
#define COLD_SIZE	(64UL << 20)
#define COLD_STEP	(4096 + 64)
#define TRIES_A_LOOK	1000

/* An entry and nothing else in a cache line, so that stores to it have to wait. */
struct entry {
	unsigned long writable;
} __aligned(128);

static struct dirtylog log;
static struct dirtylog_tracker tracker;
static struct entry entries[FRAMES];
static char *cold;
/* Every second harvest fails, and puts back what it took. */
static bool puts_back;
static unsigned long harvests __aligned(128);
static bool stop __aligned(128);

static int protect(struct dirtylog_mapping *mapping, void *owner,
		   const struct dirtylog_batch *batch)
{
	unsigned long bit;

	for_each_set_bit(bit, batch->bits, batch->nr) {
		struct entry *entry = &entries[batch->first + bit];

		if (READ_ONCE(entry->writable))
			xchg(&entry->writable, 0);
	}
	return 0;
}

static void flush(struct dirtylog_mapping *mapping, void *owner)
{
}

static int arm(struct dirtylog_mapping *mapping, void *owner)
{
	return 0;
}

static const struct dirtylog_ops ops = {
	.protect	= protect,
	.flush		= flush,
	.arm		= arm,
};

static int sink(void *data, const struct dirtylog_chunk *chunk)
{
	return data ? -EIO : 0;
}

static void harvester(void *data)
{
	struct dirtylog_pass pass = {
		.end	= log.nr_pages,
		.sink	= sink,
	};

	current->unruffled = true;
	thread_pin(1);
	while (!READ_ONCE(stop)) {
		if (puts_back) {
			pass.data = &pass;
			dirtylog_harvest(&tracker, &pass);
			pass.data = NULL;
		}
		if (dirtylog_harvest(&tracker, &pass))
			fail("harvest failed");
		/* Pairs with wait_for_harvest(): it is over. */
		smp_store_release(&harvests, harvests + 1);
	}
}

/* A harvest began after this was called, and ended. */
static void wait_for_harvest(void)
{
	unsigned long begun = READ_ONCE(harvests);
	unsigned int spins = 0;

	/* Pairs with harvester(). */
	while (smp_load_acquire(&harvests) - begun < 2) {
		cpu_relax();
		/* The other one may not be running. */
		if (!(++spins % 4096))
			sched_yield();
	}
}

/* Stores are done in their order: those that follow have to wait for these. */
static void store_cold(void)
{
	static unsigned long next;
	int i;

	for (i = 0; i < COLD_STORES; i++) {
		WRITE_ONCE(cold[next], i);
		next = (next + COLD_STEP) % COLD_SIZE;
	}
}

static void mark_one(unsigned long frame)
{
	dirtylog_mark(&log, frame);
}

static void mark_array(unsigned long frame)
{
	dirtylog_mark_array(&log, &frame, 1);
}

static void mark_range(unsigned long frame)
{
	dirtylog_mark_range(&log, frame, 1);
}

static const struct {
	const char *name;
	void (*mark)(unsigned long frame);
	unsigned long nr_pages;
	bool puts_back;
} marks[] = {
	{ "dirtylog_mark",		mark_one,	FRAMES,		false },
	{ "dirtylog_mark_array",	mark_array,	FRAMES,		false },
	{ "dirtylog_mark_range",	mark_range,	FRAMES,		false },
	{ "two_levels",		mark_one,	TWO_LEVELS,	false },
	{ "three_levels",	mark_one,	THREE_LEVELS,	false },
	{ "put_back",		mark_one,	FRAMES,		true },
};

/* Return: marks that were lost. */
static unsigned int try_once(void (*mark)(unsigned long frame))
{
	unsigned int frame, lost = 0;

	/* Dirty for another reason, such as a direct write: the test finds it set. */
	for (frame = 0; frame < FRAMES; frame++)
		dirtylog_mark(&log, frame);
	store_cold();
	for (frame = 0; frame < FRAMES; frame++) {
		/* As in a fault that holds a lock: a plain store. */
		WRITE_ONCE(entries[frame].writable, 1);
		mark(frame);
	}
	/* Our stores before the look at the number of harvests. */
	smp_mb();
	wait_for_harvest();
	for (frame = 0; frame < FRAMES; frame++) {
		lost += READ_ONCE(entries[frame].writable);
		WRITE_ONCE(entries[frame].writable, 0);
	}
	return lost;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Return: a mark was lost. */
static bool race(const char *name, void (*mark)(unsigned long frame), double seconds)
{
	unsigned long tries = 0, lost = 0;
	double begun = now();
	int i;

	while (!lost && now() - begun < seconds) {
		for (i = 0; i < TRIES_A_LOOK && !lost; i++)
			lost += try_once(mark);
		tries += i;
	}
	if (lost)
		printf("LOST: %s: %lu of %lu, after %.2f s\n", name, lost,
		       tries * FRAMES, now() - begun);
	else
		printf("ok: %s: none of %lu lost in %.1f s\n", name,
		       tries * FRAMES, now() - begun);
	return lost;
}

/* The same, with a log and a harvester. */
static bool race_of(unsigned int i, double seconds)
{
	struct dirtylog_mapping mapping = { .ops = &ops };
	struct native_thread thread;
	bool lost;

	if (dirtylog_init(&log, marks[i].nr_pages) || dirtylog_map(&log, &mapping) ||
	    dirtylog_attach(&log, &tracker, 0, DIRTYLOG_START_CLEAN))
		fail("no log");
	puts_back = marks[i].puts_back;
	WRITE_ONCE(stop, false);
	thread_start(&thread, harvester, NULL);
	lost = race(marks[i].name, marks[i].mark, seconds);
	WRITE_ONCE(stop, true);
	thread_join(&thread);
	dirtylog_detach(&tracker, NULL);
	dirtylog_unmap(&log, &mapping, NULL);
	dirtylog_destroy(&log);
	return lost;
}

static bool is_wanted(unsigned int i, int argc, char **argv)
{
	return argc < 3 || !strcmp(argv[2], marks[i].name);
}

int main(int argc, char **argv)
{
	double seconds = argc == 2 || argc == 3 ? atof(argv[1]) : 0;
	int i, lost = 0, known = 0;

	for (i = 0; i < ARRAY_SIZE(marks); i++)
		known += is_wanted(i, argc, argv);
	if (seconds <= 0 || !known) {
		fprintf(stderr, "usage: race SECONDS [MARK]\n");
		return 2;
	}
	if (!thread_pin(0)) {
		fprintf(stderr, "race: this takes two CPUs\n");
		return 4;
	}
	cold = malloc(COLD_SIZE);
	if (!cold)
		fail("no memory");
	memset(cold, 0, COLD_SIZE);
	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		if (is_wanted(i, argc, argv))
			lost += race_of(i, seconds);
	}
	free(cold);
	return lost ? 1 : 0;
}
