// SPDX-License-Identifier: GPL-2.0
/*
 * Runs directed cases, each in a process of its own: what one has broken, or how it
 * ends, is nothing to the next.
 */
#include <stdio.h>
#include <unistd.h>
#include <sys/wait.h>

#include "directed.h"
#include "internal.h"

/* Seconds of a case that will not end. */
#define HANGS	20

struct directed d;
struct outcome last;
int (*on_chunk)(void);

static unsigned int failures;
static const char *current_case;

static const struct directed_case *const groups[] = {
	mark_cases, pass_cases, error_cases, mapping_cases, recording_cases, tracker_cases,
};

void directed_expect(bool ok, const char *file, int line, const char *what)
{
	if (ok)
		return;
	/* The first few say it. */
	if (failures++ < 5)
		printf("FAILED: %s: %s:%d: %s\n", current_case, file, line, what);
}

void begin(unsigned int nr_mmus)
{
	d.vm = mock_vm_create(&d.test, 65, NR, nr_mmus);
	d.mmu = &d.vm->mmus[0];
	d.vcpu = &d.mmu->vcpus[0];
}

void attach(struct dirtylog_tracker *tracker, unsigned int order, unsigned int start)
{
	if (dirtylog_attach(&d.vm->log, tracker, order, start))
		fail("attach");
}

void write_frame(unsigned long frame)
{
	mock_guest_write(d.vcpu, frame, ++d.value);
}

void open_all(void)
{
	unsigned long frame;
	int i;

	for (i = 0; i < d.vm->nr_mmus; i++) {
		for (frame = 0; frame < NR; frame++)
			d.vm->mmus[i].entries[frame] = MOCK_PRESENT | MOCK_WRITABLE;
	}
}

static int begin_chunk(void)
{
	last.chunks++;
	return on_chunk ? on_chunk() : 0;
}

static int sink(void *data, const struct dirtylog_chunk *chunk)
{
	const struct dirtylog_pass *pass = data;
	unsigned long words = chunk->nr / BITS_PER_LONG, bit;
	int ret;

	expect(words && chunk->nr <= DIRTYLOG_CHUNK_PAGES);
	expect(words <= dirtylog_chunk_words(NR, 0));
	expect(words && chunk->bits[0] && chunk->bits[words - 1]);
	ret = begin_chunk();
	if (ret < 0)
		return ret;
	for_each_set_bit(bit, chunk->bits, chunk->nr) {
		bool inside = chunk->first + bit >= pass->first &&
			      chunk->first + bit < pass->end;

		expect(inside);
		if (inside)
			__set_bit(chunk->first + bit, last.shown);
	}
	return ret;
}

static const unsigned long *to_clear;

static int source(void *data, unsigned long first, unsigned long nr,
		  unsigned long *bits)
{
	expect(first % BITS_PER_LONG == 0 && nr <= DIRTYLOG_CHUNK_PAGES);
	expect(nr <= dirtylog_chunk_words(NR, 0) * BITS_PER_LONG);
	memcpy(bits, to_clear + first / BITS_PER_LONG, nr / 8);
	return begin_chunk();
}

static int end_pass(const struct dirtylog_pass *pass, int ret)
{
	last.next = pass->next;
	last.nr_shown = bitmap_weight(last.shown, NR);
	return ret;
}

static void init_pass(struct dirtylog_pass *pass, unsigned long first,
		      unsigned long end)
{
	memset(&last, 0, sizeof(last));
	memset(pass, 0, sizeof(*pass));
	pass->first = first;
	pass->end = end;
	pass->owner = d.vm;
	pass->data = pass;
	pass->sink = sink;
	pass->source = source;
}

int harvest_range(struct dirtylog_tracker *tracker, unsigned long first,
		  unsigned long end, unsigned int flags)
{
	struct dirtylog_pass pass;

	init_pass(&pass, first, end);
	pass.flags = flags;
	return end_pass(&pass, dirtylog_harvest(tracker, &pass));
}

int peek_range(struct dirtylog_tracker *tracker, unsigned long first,
	       unsigned long end)
{
	struct dirtylog_pass pass;

	init_pass(&pass, first, end);
	return end_pass(&pass, dirtylog_peek(tracker, &pass));
}

int rearm_range(struct dirtylog_tracker *tracker, unsigned long first,
		unsigned long end, const unsigned long *named)
{
	struct dirtylog_pass pass;

	init_pass(&pass, first, end);
	to_clear = named;
	return end_pass(&pass, dirtylog_rearm(tracker, &pass));
}

unsigned long harvest(struct dirtylog_tracker *tracker)
{
	unsigned long end = dirtylog_nr_granules(tracker);

	expect(!harvest_range(tracker, 0, end, 0));
	expect(last.next == end);
	return last.nr_shown;
}

bool was_shown(unsigned long granule)
{
	return test_bit(granule, last.shown);
}

bool was_named(struct mock_mmu *mmu, unsigned long frame)
{
	return test_bit(frame, mmu->named);
}

unsigned long nr_named(struct mock_mmu *mmu)
{
	return bitmap_weight(mmu->named, NR);
}

/* Return: the case passed. */
static bool run(const struct directed_case *c)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		fail("cannot fork");
	if (!pid) {
		current_case = c->name;
		/* Whoever gives way does so where the case says. */
		current->unruffled = true;
		alarm(HANGS);
		c->run();
		if (d.vm)
			mock_vm_check(d.vm, &d.test);
		kunit_cleanup(&d.test);
		_exit(!!failures);
	}
	if (waitpid(pid, &status, 0) != pid)
		fail("no child");
	if (WIFSIGNALED(status))
		printf("FAILED: %s: ended by signal %d\n", c->name, WTERMSIG(status));
	return !status;
}

/* Names of cases, or --list, or all. */
int main(int argc, char **argv)
{
	bool list = argc == 2 && !strcmp(argv[1], "--list");
	unsigned int known = 0, passed = 0, failed = 0;
	const struct directed_case *c;
	int i, j;

	setlinebuf(stdout);
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		for (c = groups[i]; c->name; c++) {
			bool wanted = argc == 1;

			for (j = 1; j < argc; j++)
				wanted |= !strcmp(argv[j], c->name);
			if (list)
				puts(c->name);
			else if (!wanted)
				continue;
			else if (run(c))
				passed++;
			else
				failed++;
			known++;
		}
	}
	if (!list && argc > 1 && known != argc - 1) {
		fprintf(stderr, "directed: no such case\n");
		return 2;
	}
	if (!list)
		printf("%s: %u cases passed, %u failed\n", failed ? "not ok" : "ok",
		       passed, failed);
	return !!failed;
}
