// SPDX-License-Identifier: GPL-2.0
/*
 * The engine against a flat record, turn by turn in one process, as a table.
 * Protecting, flushing and the sink cost next to nothing: what is compared is marks
 * and records. In CPU time of threads, so that others who want the CPU matter less.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/slab.h>

#include "flat.h"
#include "internal.h"
#include "random.h"

#define MAX_TURNS	31
#define MAX_THREADS	8
/* Marks of one thread in one turn. */
#define HOT_MARKS	2000000UL
/* Of each thread where they mark disjoint regions. */
#define COLD_FRAMES	1000000UL
#define FRAMES_OF_GIB	(1UL << (30 - PAGE_SHIFT))

static struct dirtylog log;
static struct dirtylog_tracker tracker;
static struct flat flat;
static unsigned long shown;
/* All that is shown and protected is counted, which takes its time. */
static bool counting;
static unsigned long shown_frames, protected_frames;
static unsigned int passed, failed;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int protect(struct dirtylog_mapping *mapping, void *owner,
		   const struct dirtylog_batch *batch)
{
	unsigned long nr = BITS_TO_LONGS(batch->nr), word = 0;

	if (!counting)
		return 0;
	for (; (word = dirtylog_next_word(batch->words, nr, word)) < nr; word++)
		protected_frames += hweight_long(batch->bits[word]);
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

static struct dirtylog_mapping mapping = { .ops = &ops };

static int sink(void *data, const struct dirtylog_chunk *chunk)
{
	shown += chunk->bits[0] & 1;
	if (counting)
		shown_frames += bitmap_weight(chunk->bits, chunk->nr);
	return 0;
}

static void begin(unsigned long nr_pages)
{
	if (dirtylog_init(&log, nr_pages) || dirtylog_map(&log, &mapping) ||
	    dirtylog_attach(&log, &tracker, 0, DIRTYLOG_START_DIRTY))
		fail("no log of %lu frames", nr_pages);
	flat_init(&flat, &log);
	/* Real memory, as the kernel's is from the start. */
	memset(flat.bits, 0xff, BITS_TO_LONGS(nr_pages) * sizeof(long));
	memset(flat.second, 0xff, BITS_TO_LONGS(nr_pages) * sizeof(long));
}

static void end(void)
{
	flat_free(&flat);
	dirtylog_detach(&tracker, NULL);
	dirtylog_unmap(&log, &mapping, NULL);
	dirtylog_destroy(&log);
}

enum contender {
	FLAT,
	STREAMED,
	ENGINE,
	NR_CONTENDERS,
};

/* Return: seconds of one of so many harvests. */
static double harvest(enum contender who, unsigned int times)
{
	struct dirtylog_pass pass = {
		.end	= log.nr_pages,
		.sink	= sink,
	};
	double begun = now();
	int i, ret = 0;

	for (i = 0; !ret && i < times; i++) {
		if (who == ENGINE)
			ret = dirtylog_harvest(&tracker, &pass);
		else if (who == STREAMED)
			ret = flat_harvest_streamed(&flat, &pass);
		else
			ret = flat_harvest(&flat, &pass);
	}
	if (ret)
		fail("a pass failed: %d", ret);
	return (now() - begun) / times;
}

/* Everybody has an empty record. */
static void harvest_all(void)
{
	harvest(ENGINE, 1);
	harvest(FLAT, 1);
}

static void fill_chunk(unsigned long *bits, unsigned long word, enum contender who)
{
	unsigned long words = min(BITS_TO_LONGS(log.nr_pages) - word,
				  DIRTYLOG_CHUNK_WORDS);
	struct dirtylog_chunk chunk = {
		.first	= word * BITS_PER_LONG,
		.nr	= words * BITS_PER_LONG,
		.bits	= bits,
	};

	if (who == ENGINE)
		dirtylog_record_put_back(&tracker.record, &chunk);
	else
		memcpy(flat.bits + word, bits, words * sizeof(long));
	memset(bits, 0, words * sizeof(long));
}

/* One frame in @every is dirty, at random places. Return: how many. */
static unsigned long fill(unsigned long every, enum contender who)
{
	unsigned long bits[DIRTYLOG_CHUNK_WORDS] = { }, chunk = 0, frame, nr = 0;

	for (frame = random_below(every); frame < log.nr_pages;
	     frame += every == 1 ? 1 : 1 + random_below(2 * every - 1)) {
		if (frame / DIRTYLOG_CHUNK_PAGES != chunk) {
			fill_chunk(bits, chunk * DIRTYLOG_CHUNK_WORDS, who);
			chunk = frame / DIRTYLOG_CHUNK_PAGES;
		}
		__set_bit(frame % DIRTYLOG_CHUNK_PAGES, bits);
		nr++;
	}
	fill_chunk(bits, chunk * DIRTYLOG_CHUNK_WORDS, who);
	return nr;
}

/* Each contender protects and shows all that is dirty: else there is nothing to compare. */
static void check_contenders(unsigned long every)
{
	int who;

	counting = true;
	for (who = 0; who < NR_CONTENDERS; who++) {
		unsigned long nr = every ? fill(every, who) : 0;

		shown_frames = 0;
		protected_frames = 0;
		harvest(who, 1);
		if (shown_frames != nr || protected_frames != nr)
			fail("contender %d: of %lu frames %lu protected, %lu shown",
			     who, nr, protected_frames, shown_frames);
	}
	counting = false;
}

static int compare(const void *a, const void *b)
{
	double x = *(double *)a, y = *(double *)b;

	return (x > y) - (x < y);
}

static const char *duration(char *text, size_t size, double seconds)
{
	if (seconds * 1e6 < 1)
		snprintf(text, size, "%.1f ns", seconds * 1e9);
	else if (seconds * 1e3 < 1)
		snprintf(text, size, "%.1f us", seconds * 1e6);
	else
		snprintf(text, size, "%.2f ms", seconds * 1e3);
	return text;
}

/**
 * struct row - what a line of the table is made of
 * @seconds:	of each contender, in each turn; 0: does not take part
 * @ratio:	how many times as fast as each the engine is
 * @turns:	how many
 */
struct row {
	double seconds[NR_CONTENDERS][MAX_TURNS];
	double ratio[NR_CONTENDERS][MAX_TURNS];
	unsigned int turns;
};

static void end_turn(struct row *row)
{
	unsigned int turn = row->turns++;
	int who;

	for (who = 0; who < NR_CONTENDERS; who++)
		row->ratio[who][turn] = row->seconds[who][turn] /
					row->seconds[ENGINE][turn];
}

static double median(double *values, unsigned int nr)
{
	qsort(values, nr, sizeof(*values), compare);
	return values[nr / 2];
}

static void print_verdict(bool met)
{
	printf("%s |\n", met ? "met" : "MISSED");
	passed += met;
	failed += !met;
}

/* @target: for the ratio to FLAT. */
static void print_row(struct row *row, const char *what, double target)
{
	unsigned int turns = row->turns;
	double ratio = 0;
	char text[32];
	int who;

	printf("| %s |", what);
	for (who = 0; who < NR_CONTENDERS; who++) {
		double seconds = median(row->seconds[who], turns);

		printf(" %s |", seconds ? duration(text, sizeof(text), seconds) : "");
	}
	for (who = 0; who < ENGINE; who++) {
		ratio = median(row->ratio[who], turns);
		if (ratio)
			printf(" %.3gx (%.3g-%.3g) |", ratio, row->ratio[who][0],
			       row->ratio[who][turns - 1]);
		else
			printf(" |");
	}
	printf(" %.3gx | ", target);
	print_verdict(row->ratio[FLAT][turns / 2] >= target);
}

/* One frame in @every is dirty; 0: none. */
static void bench_harvest(unsigned long gib, unsigned long every,
			  unsigned int turns, double target)
{
	struct row row = { };
	char what[80];
	int i, who;

	check_contenders(every);
	while (row.turns < turns) {
		/* Whoever is next finds the caches as the one before has left them. */
		for (i = 0; i < NR_CONTENDERS; i++) {
			who = (row.turns + i) % NR_CONTENDERS;
			unsigned int times = 1;

			if (every)
				fill(every, who);
			else
				/* A look at the clock takes longer than an idle one. */
				times = who == ENGINE ? 1000 : max(64 / gib, 1);
			row.seconds[who][row.turns] = harvest(who, times);
		}
		end_turn(&row);
	}
	if (every)
		snprintf(what, sizeof(what), "harvest, %lu GiB, dirty 1 in %lu",
			 gib, every);
	else
		snprintf(what, sizeof(what), "harvest, %lu GiB, idle", gib);
	print_row(&row, what, target);
}

static void mark_flat(unsigned long frame)
{
	flat_mark(&flat, frame);
}

static void mark_engine(unsigned long frame)
{
	dirtylog_mark(&log, frame);
}

static void mark_engine_after_rmw(unsigned long frame)
{
	dirtylog_mark_after_rmw(&log, frame);
}

struct marker {
	struct native_thread thread;
	void (*mark)(unsigned long frame);
	unsigned int cpu;
	unsigned long first, mask, nr;
	pthread_barrier_t *start;
	double seconds;
};

static void marker_main(void *data)
{
	struct marker *m = data;
	double begun;
	unsigned long i;

	thread_pin(m->cpu);
	pthread_barrier_wait(m->start);
	begun = now();
	for (i = 0; i < m->nr; i++)
		m->mark(m->first + (i & m->mask));
	m->seconds = now() - begun;
}

/* Return: seconds per mark, of the slowest thread. */
static double run_markers(unsigned int threads, void (*mark)(unsigned long frame),
			  bool disjoint, unsigned long hot)
{
	struct marker markers[MAX_THREADS];
	pthread_barrier_t start;
	double most = 0;
	int i;

	/* After a full harvest: the first mark of each frame sets it. */
	harvest_all();
	pthread_barrier_init(&start, NULL, threads);
	for (i = 0; i < threads; i++) {
		struct marker *m = &markers[i];

		m->cpu = i;
		m->mark = mark;
		m->first = disjoint ? i * COLD_FRAMES * 2 : 0;
		m->mask = disjoint ? ~0UL : hot - 1;
		m->nr = disjoint ? COLD_FRAMES : HOT_MARKS;
		m->start = &start;
		thread_start(&m->thread, marker_main, m);
	}
	for (i = 0; i < threads; i++) {
		thread_join(&markers[i].thread);
		most = max(most, markers[i].seconds / markers[i].nr);
	}
	pthread_barrier_destroy(&start);
	return most;
}

static void bench_marks(const char *what, unsigned int threads,
			void (*mark)(unsigned long frame), bool disjoint,
			unsigned long hot, double target)
{
	struct row row = { };
	char text[80];

	while (row.turns < 15) {
		row.seconds[FLAT][row.turns] =
			run_markers(threads, mark_flat, disjoint, hot);
		row.seconds[ENGINE][row.turns] =
			run_markers(threads, mark, disjoint, hot);
		end_turn(&row);
	}
	snprintf(text, sizeof(text), "%s, %u thread%s", what, threads,
		 threads > 1 ? "s" : "");
	print_row(&row, text, target);
}

static void bench_memory(unsigned long gib)
{
	unsigned long words[DIRTYLOG_MAX_LEVELS], nr = gib * FRAMES_OF_GIB, total = 0;
	unsigned int levels;
	double ratio;

	levels = dirtylog_record_layout(nr, DIRTYLOG_TOP_WORDS, words);
	while (levels)
		total += words[--levels];
	total += dirtylog_chunk_words(nr, 0);
	ratio = total / 2.0 / BITS_TO_LONGS(nr);
	printf("| memory, %lu GiB | %lu KiB | %lu KiB | %lu KiB | %.3gx | | at most 0.55x | ",
	       gib, BITS_TO_LONGS(nr) * 2 / 128, BITS_TO_LONGS(nr) / 128,
	       total / 128, ratio);
	print_verdict(ratio <= 0.55);
}

static void bench_size(unsigned long gib)
{
	static const unsigned long every[] = { 1, 10, 100, 1000, 10000, 100000 };
	unsigned int turns = gib > 1024 ? 3 : gib > 64 ? 5 : 21;
	int i;

	begin(gib * FRAMES_OF_GIB);
	harvest_all();
	bench_harvest(gib, 0, MAX_TURNS, gib == 1024 ? 10000 : 0.95);
	for (i = ARRAY_SIZE(every) - 1; i >= 0; i--) {
		/* Minutes, for what a TiB shows as well. */
		if (gib > 1024 && (every[i] == 10 || every[i] == 100))
			continue;
		bench_harvest(gib, every[i], turns, 0.95);
	}
	end();
}

/* Sizes of logs in GiB, if not all. */
int main(int argc, char **argv)
{
	unsigned long sizes[16] = { 1, 64, 1024, 16384 };
	unsigned int threads = min(sysconf(_SC_NPROCESSORS_ONLN), MAX_THREADS);
	int i, nr = 4;

	if (argc > 1)
		nr = min(argc - 1, ARRAY_SIZE(sizes));
	for (i = 0; i < nr && argc > 1; i++) {
		sizes[i] = atol(argv[i + 1]);
		if (sizes[i] < 1 || sizes[i] > DIRTYLOG_MAX_PAGES / FRAMES_OF_GIB)
			fail("a log of '%s' GiB", argv[i + 1]);
	}
	setlinebuf(stdout);
	random_seed(1);
	current->unruffled = true;
	printf("| | flat, as KVM's | flat, streamed | engine ");
	printf("| as KVM's / engine (min-max) | streamed / engine (min-max) ");
	printf("| target, as KVM's | |\n");
	printf("|---|--:|--:|--:|---|---|---|---|\n");
	for (i = 0; i < nr; i++)
		bench_size(sizes[i]);

	begin(64 * FRAMES_OF_GIB);
	bench_marks("dirtylog_mark(), a hot page", 1, mark_engine, false, 1, 1 / 1.1);
	bench_marks("dirtylog_mark_after_rmw(), a hot page", 1, mark_engine_after_rmw,
		    false, 1, 1 / 1.1);
	bench_marks("dirtylog_mark(), new pages", 1, mark_engine, true, 0, 1 / 1.5);
	if (threads > 1) {
		bench_marks("dirtylog_mark(), 64 hot pages", threads, mark_engine,
			    false, 64, 2);
		bench_marks("dirtylog_mark_after_rmw(), 64 hot pages", threads,
			    mark_engine_after_rmw, false, 64, 2);
		bench_marks("dirtylog_mark(), new pages, each thread its own", threads,
			    mark_engine, true, 0, 1 / 1.5);
	}
	end();
	for (i = 0; i < nr; i++)
		bench_memory(sizes[i]);
	/* For bench.sh. */
	printf("%u %u\n", passed, failed);
	return 0;
}
