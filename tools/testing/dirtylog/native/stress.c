// SPDX-License-Identifier: GPL-2.0
/*
 * Threads write to a guest on mock MMUs while readers come, read and go. At
 * intervals the writers are stopped; then each reader's copy must equal the memory.
 *
 * No two stores of a writer have the same value, so that one which was missed cannot
 * be taken for the one before it.
 */
#include <getopt.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <linux/bitmap.h>
#include <linux/rcupdate.h>

#include "mock_vm.h"
#include "random.h"
#include "reader.h"

#define READERS			3
#define MAX_WRITERS		16
#define INTERVALS		4
#define INTERVAL_STORES		50000
/* No writer has made more stores than this for each pass. */
#define STORES_A_PASS		20

/* Records of one level, of two, and of three. */
static const unsigned long shapes[] = { 63, 130, 2113, 4173, 40000, 263000 };

enum bug {
	BUG_NONE,
	BUG_FLUSH,
	BUG_MARK_FIRST,
	BUG_DIRECT_MARK_FIRST,
	BUG_LIST_LATE,
};

static const char *const bugs[] = {
	[BUG_NONE]		= "none",
	[BUG_FLUSH]		= "flush",
	[BUG_MARK_FIRST]	= "mark-first",
	[BUG_DIRECT_MARK_FIRST]	= "direct-mark-first",
	[BUG_LIST_LATE]		= "list-late",
};

static struct {
	u64 seed;
	unsigned long ops;
	unsigned long seconds;
	unsigned int threads;
	enum bug bug;
} options = {
	.ops		= 1000000,
	.threads	= 5,
};

struct writer {
	struct native_thread thread;
	unsigned int id;
	bool direct;
	/* Over all intervals: where its values come from. */
	unsigned long stores;
	/* Of this interval. */
	unsigned long quota;
};

/**
 * struct round - one guest, from its first store to its last
 * @test:	what ends with it
 * @vm:		the guest
 * @hot:	frames that most stores go to
 * @writers:	threads that write
 * @readers:	a thread each
 * @reader_threads: these
 * @host:	a thread that does what a host does to page tables
 * @host_seed:	of that thread
 * @records:	entries of a mapping do
 * @stopped:	writers are done
 * @host_stopped: the last harvest too
 * @passes:	of all readers in this interval
 */
struct round {
	struct kunit test;
	struct mock_vm *vm;
	unsigned long hot;
	struct writer writers[MAX_WRITERS];
	struct reader readers[READERS];
	struct native_thread reader_threads[READERS];
	struct native_thread host;
	u64 host_seed;
	bool records;
	bool stopped;
	bool host_stopped;
	unsigned long passes;
};

static struct round round;

static struct {
	unsigned long stores, passes, failed, trackers, comparisons;
	unsigned int rounds;
} totals;

/* This thread's passes may fail where the mock allows it. */
static __thread bool may_fail;

static void delay(unsigned int one_of)
{
	if (!one_in(one_of))
		return;
	if (one_in(4))
		usleep(20);
	else
		sched_yield();
}

static int hook(struct mock_mmu *mmu, enum mock_point point)
{
	switch (point) {
	case MOCK_LOOK:
	case MOCK_TAKEN:
		delay(1024);
		return 0;
	case MOCK_FAULT:
	case MOCK_DIRECT:
		delay(128);
		return 0;
	case MOCK_PROTECT:
	case MOCK_ARM:
		if (may_fail && one_in(16))
			return -EIO;
		fallthrough;
	default:
		delay(16);
		return 0;
	}
}

static unsigned long random_frame(void)
{
	return random_below(one_in(4) ? round.vm->log.nr_pages : round.hot);
}

static u32 next_value(struct writer *w)
{
	return w->id << 28 | (++w->stores & GENMASK(27, 0));
}

static void guest_write(struct writer *w)
{
	struct mock_mmu *mmu = &round.vm->mmus[w->id % round.vm->nr_mmus];

	mock_guest_write(&mmu->vcpus[w->id / round.vm->nr_mmus], random_frame(),
			 next_value(w));
}

/* A large buffer, or a list of pages such as a device keeps. */
static void direct_write_many(struct writer *w)
{
	unsigned long nr_pages = round.vm->log.nr_pages;
	unsigned long frames[8], first = random_frame();
	unsigned int i, nr = 1 + random_below(ARRAY_SIZE(frames));
	bool list = one_in(2);

	if (!list)
		nr = min(nr, nr_pages - first);
	for (i = 0; i < nr; i++) {
		frames[i] = list ? random_frame() : first + i;
		WRITE_ONCE(round.vm->memory[frames[i]], next_value(w));
	}
	mock_mmu_writer_point(&round.vm->mmus[0], MOCK_DIRECT);
	if (list)
		dirtylog_mark_array(&round.vm->log, frames, nr);
	else
		dirtylog_mark_range(&round.vm->log, first, nr);
}

static void writer_main(void *data)
{
	struct writer *w = data;
	unsigned long begun = w->stores, done = 0;

	random_seed(options.seed + totals.stores + w->id);
	while (done < w->quota) {
		if (!w->direct)
			guest_write(w);
		else if (one_in(4))
			direct_write_many(w);
		else
			mock_vm_direct_write(round.vm, random_frame(), next_value(w));
		delay(4096);
		done = w->stores - begun;
		while (done > (READ_ONCE(round.passes) + 1) * STORES_A_PASS)
			sched_yield();
	}
}

/* How often a reader goes: never, now and then, all the time. */
static const unsigned int goes_one_in[READERS] = { 0, 200, 20 };

static void reader_main(void *data)
{
	unsigned int i = (struct reader *)data - round.readers;
	struct reader *reader = data;

	random_seed(options.seed + totals.stores + MAX_WRITERS + i);
	may_fail = true;
	while (!READ_ONCE(round.stopped)) {
		if (!reader->tracker.log)
			reader_attach(reader, one_in(2) ? DIRTYLOG_START_ARM :
							  DIRTYLOG_START_DIRTY);
		else if (goes_one_in[i] && one_in(goes_one_in[i]))
			reader_detach(reader);
		else
			reader_step(reader);
		__atomic_fetch_add(&round.passes, 1, __ATOMIC_RELAXED);
		delay(8);
	}
	may_fail = false;
}

/* Page tracking, a dirty ring, MMU notifiers, prefetching. */
static void host_step(void)
{
	struct mock_vm *vm = round.vm;
	struct mock_mmu *mmu = &vm->mmus[random_below(vm->nr_mmus)];
	unsigned long frame = random_frame();

	switch (random_below(8)) {
	case 0:
		mock_mmu_zap(mmu, frame, min(1 + random_below(8),
					     vm->log.nr_pages - frame));
		break;
	case 1:
		mock_mmu_open(mmu, frame);
		break;
	case 2:
		mock_mmu_split(mmu, frame);
		break;
	case 3:
		/* The list that this is for has nothing of what is folded. */
		if (round.records)
			break;
		if (dirtylog_protect(&vm->log, vm, frame,
				     random_below(~0UL) | BIT(0)))
			fail("dirtylog_protect() failed");
		if (one_in(2))
			dirtylog_flush(&vm->log, vm);
		break;
	case 4:
		mock_mmu_age(mmu, frame);
		break;
	case 5:
		if (!round.records && one_in(16) && dirtylog_protect_all(&vm->log, vm))
			fail("dirtylog_protect_all() failed");
		break;
	default:
		mock_mmu_write_protect(mmu, frame);
		break;
	}
}

static void host_main(void *data)
{
	random_seed(round.host_seed);
	while (!READ_ONCE(round.host_stopped)) {
		host_step();
		delay(2);
	}
}

static void compare(void)
{
	struct mock_vm *vm = round.vm;
	unsigned long frame;
	int i;

	for (i = 0; i < READERS; i++) {
		struct reader *reader = &round.readers[i];

		if (!reader->tracker.log)
			continue;
		reader_finish(reader);
		totals.comparisons += reader->copied;
		frame = reader_compare(reader);
		if (frame == vm->log.nr_pages)
			continue;
		printf("LOST: frame %lu of %lu has %#x, the copy %#x (order %u, %u mappings)\n",
		       frame, vm->log.nr_pages, vm->memory[frame],
		       reader->copy[frame], reader->order, vm->nr_mmus);
		printf("FAILED: after %lu stores of seed %#lx\n", totals.stores,
		       options.seed);
		exit(1);
	}
}

/* Writers of all kinds, until they have made so many stores; then compare. */
static void run_interval(unsigned long stores)
{
	bool calm;
	int i;

	round.stopped = false;
	round.host_stopped = false;
	round.passes = 0;
	round.hot = min(one_in(2) ? 130UL : 8, round.vm->log.nr_pages);
	for (i = 0; i < options.threads; i++) {
		round.writers[i].quota = stores / options.threads + 1;
		thread_start(&round.writers[i].thread, writer_main,
			     &round.writers[i]);
	}
	for (i = 0; i < READERS; i++)
		thread_start(&round.reader_threads[i], reader_main,
			     &round.readers[i]);
	/* Whoever protects a page again hides that it was lost. */
	calm = one_in(2);
	round.host_seed = options.seed + totals.stores + MAX_WRITERS + READERS;
	if (!calm)
		thread_start(&round.host, host_main, NULL);

	for (i = 0; i < options.threads; i++)
		thread_join(&round.writers[i].thread);
	WRITE_ONCE(round.stopped, true);
	for (i = 0; i < READERS; i++)
		thread_join(&round.reader_threads[i]);

	for (i = 0; i < options.threads; i++)
		totals.stores += round.writers[i].quota;
	totals.passes += round.passes;
	if (dirtylog_quiesce(&round.vm->log, round.vm))
		fail("dirtylog_quiesce() failed");
	/* A host does not stop with its guest. */
	compare();
	WRITE_ONCE(round.host_stopped, true);
	if (!calm)
		thread_join(&round.host);
	mock_vm_check(round.vm, &round.test);
}

/* Nobody runs. */
static void change_tables(void (*change)(struct mock_mmu *mmu, unsigned long frame))
{
	unsigned long frame;
	int i;

	for (i = 0; i < round.vm->nr_mmus; i++) {
		round.vm->mmus[i].contend = random_below(3);
		for (frame = 0; frame < round.vm->log.nr_pages;
		     frame += MOCK_TABLE_FRAMES) {
			if (one_in(2))
				change(&round.vm->mmus[i], frame);
		}
	}
}

static void plant_bug(struct mock_vm *vm)
{
	int i;

	vm->direct_mark_first = options.bug == BUG_DIRECT_MARK_FIRST;
	for (i = 0; i < vm->nr_mmus; i++) {
		vm->mmus[i].withhold_flush = options.bug == BUG_FLUSH;
		vm->mmus[i].mark_first = options.bug == BUG_MARK_FIRST;
		vm->mmus[i].list_late = options.bug == BUG_LIST_LATE;
	}
}

static void begin_round(void)
{
	unsigned long nr_pages = shapes[random_below(ARRAY_SIZE(shapes))];
	unsigned int i, vcpus;

	memset(&round, 0, sizeof(round));
	round.vm = mock_vm_create(&round.test, random_below(2048), nr_pages,
				  1 + random_below(2));
	for (i = 0; i < round.vm->nr_mmus; i++) {
		/* Its fold looks at every entry; faults are not what is wrong with it. */
		if (nr_pages < 50000 && one_in(3) &&
		    (options.bug == BUG_NONE || options.bug == BUG_FLUSH)) {
			mock_vm_record(&round.test, round.vm, i);
			round.records = true;
		}
	}
	mock_vm_hook(round.vm, hook, NULL);
	plant_bug(round.vm);

	/* One in four writes past all mappings, and all that are too many for them. */
	vcpus = min(options.threads - (options.threads + 3) / 4,
		    MOCK_VCPUS * round.vm->nr_mmus);
	for (i = 0; i < options.threads; i++) {
		round.writers[i].id = i;
		round.writers[i].direct = i >= vcpus;
	}

	reader_init(&round.readers[0], round.vm, 0);
	for (i = 1; i < READERS; i++)
		reader_init(&round.readers[i], round.vm, random_below(11));
	/* Nothing is mapped: a reader may start clean, and tables may be large. */
	if (one_in(2))
		reader_attach(&round.readers[0], DIRTYLOG_START_CLEAN);
	else
		change_tables(mock_mmu_map_large);
}

static void end_round(void)
{
	int i;

	for (i = 0; i < READERS; i++) {
		struct reader *reader = &round.readers[i];

		totals.failed += reader->failed;
		totals.trackers += reader->trackers;
		/* The log takes some of them along. */
		if (reader->tracker.log && one_in(2))
			reader_detach(reader);
	}
	kunit_cleanup(&round.test);
	for (i = 0; i < READERS; i++)
		reader_free(&round.readers[i]);
	totals.rounds++;
}

static void run_round(unsigned long left)
{
	int i;

	begin_round();
	for (i = 0; i < INTERVALS; i++) {
		run_interval(min(left / INTERVALS + 1, INTERVAL_STORES));
		change_tables(mock_mmu_collapse);
	}
	end_round();
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void usage(void)
{
	fprintf(stderr,
		"stress [--ops N | --minutes M] [--seed S] [--threads T] [--bug BUG]\n"
		"  N      stores, in all (%lu)\n"
		"  T      writers, 2 to %u (%u); there are %u readers and a host besides\n"
		"  BUG    what the mock does wrong: flush, mark-first, direct-mark-first,\n"
		"         list-late\n",
		options.ops, MAX_WRITERS, options.threads, READERS);
	exit(2);
}

static u64 number(const char *text, u64 least, u64 most)
{
	char *end;
	u64 n = strtoull(text, &end, 0);

	if (end == text || *end || n < least || n > most)
		usage();
	return n;
}

static void parse(int argc, char **argv)
{
	static const struct option names[] = {
		{ "ops",	required_argument,	NULL, 'o' },
		{ "minutes",	required_argument,	NULL, 'm' },
		{ "seed",	required_argument,	NULL, 's' },
		{ "threads",	required_argument,	NULL, 't' },
		{ "bug",	required_argument,	NULL, 'b' },
		{ }
	};
	int c;

	options.seed = time(NULL) ^ (u64)getpid() << 32;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'o':
			options.ops = number(optarg, 1, ~0UL >> 1);
			break;
		case 'm':
			options.seconds = 60 * number(optarg, 1, 100000);
			break;
		case 's':
			options.seed = number(optarg, 0, ~0UL);
			break;
		case 't':
			options.threads = number(optarg, 2, MAX_WRITERS);
			break;
		case 'b':
			while (options.bug < ARRAY_SIZE(bugs) &&
			       strcmp(optarg, bugs[options.bug]))
				options.bug++;
			if (options.bug == ARRAY_SIZE(bugs))
				usage();
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
}

int main(int argc, char **argv)
{
	double begun = now();

	parse(argc, argv);
	setlinebuf(stdout);
	printf("seed %#lx, %u writers, %u readers\n", options.seed,
	       options.threads, READERS);
	random_seed(options.seed);
	do {
		run_round(options.seconds ? ~0UL : options.ops - totals.stores);
	} while (options.seconds ? now() - begun < options.seconds :
				   totals.stores < options.ops);

	printf("%lu stores in %u guests, %lu passes, %lu of them failed, %lu trackers\n",
	       totals.stores, totals.rounds, totals.passes, totals.failed,
	       totals.trackers);
	printf("ok: %lu copies equal memory; %.1f s, %.0f stores/s\n",
	       totals.comparisons, now() - begun,
	       totals.stores / (now() - begun));
	return 0;
}
