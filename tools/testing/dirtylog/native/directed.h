/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Directed cases: one thread, as a rule, which does what a bug needs to show, at the
 * points of the mock MMU.
 */
#ifndef _NATIVE_DIRECTED_H
#define _NATIVE_DIRECTED_H

#include <linux/bitmap.h>
#include <linux/dirtylog.h>

#include "mock_vm.h"

/* Two chunks and a record of two levels; not a multiple of anything. */
#define NR	(DIRTYLOG_CHUNK_PAGES + 77UL)

struct directed_case {
	const char *name;
	void (*run)(void);
};

#define CASE(function)	{ .name = #function, .run = function }

extern const struct directed_case mark_cases[];
extern const struct directed_case pass_cases[];
extern const struct directed_case error_cases[];
extern const struct directed_case mapping_cases[];
extern const struct directed_case recording_cases[];
extern const struct directed_case tracker_cases[];

/* Say what is not as it has to be, and go on. */
#define expect(condition)	directed_expect(condition, __FILE__, __LINE__, #condition)
void directed_expect(bool ok, const char *file, int line, const char *what);

/**
 * struct directed - what a case works on
 * @test:	what ends with the case
 * @vm:		a guest of NR frames
 * @mmu:	its first MMU
 * @vcpu:	the first vCPU of that
 * @value:	what was stored last
 */
struct directed {
	struct kunit test;
	struct mock_vm *vm;
	struct mock_mmu *mmu;
	struct mock_vcpu *vcpu;
	u32 value;
};

extern struct directed d;

/* A guest with so many mappings, for the rest of the case. */
void begin(unsigned int nr_mmus);

/* Attach to the guest's log; the case ends if that fails. */
void attach(struct dirtylog_tracker *tracker, unsigned int order, unsigned int start);

/* A store of the guest, different from all before it. */
void write_frame(unsigned long frame);

/* Make all entries writable behind the log's back. */
void open_all(void);

/**
 * struct outcome - of the last pass
 * @next:	where it ended
 * @chunks:	calls of its sink or source
 * @shown:	granules
 * @nr_shown:	how many
 */
struct outcome {
	unsigned long next;
	unsigned int chunks;
	unsigned long shown[BITS_TO_LONGS(NR)];
	unsigned long nr_shown;
};

extern struct outcome last;

/* Called in each sink and source before it does anything; its error is theirs. */
extern int (*on_chunk)(void);

/* Passes over granules @first to @end - 1. Return: the pass's errno. */
int harvest_range(struct dirtylog_tracker *tracker, unsigned long first,
		  unsigned long end, unsigned int flags);
int peek_range(struct dirtylog_tracker *tracker, unsigned long first,
	       unsigned long end);
int rearm_range(struct dirtylog_tracker *tracker, unsigned long first,
		unsigned long end, const unsigned long *named);

/* Harvest all. Return: how many granules were shown. */
unsigned long harvest(struct dirtylog_tracker *tracker);

bool was_shown(unsigned long granule);
bool was_named(struct mock_mmu *mmu, unsigned long frame);
unsigned long nr_named(struct mock_mmu *mmu);

#endif /* _NATIVE_DIRECTED_H */
