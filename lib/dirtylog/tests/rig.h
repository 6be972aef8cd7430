/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rigs: how the contract tests drive a backend.
 *
 * A backend that wants its dirty logging tested supplies one table of
 * functions, and one that makes a guest, of which DIRTYLOG_CONTRACT_SUITE() in
 * contract.h makes a KUnit suite. mock_vm.c is the example.
 */
#ifndef _LIB_DIRTYLOG_TESTS_RIG_H
#define _LIB_DIRTYLOG_TESTS_RIG_H

#include <linux/dirtylog.h>
#include <kunit/test.h>

struct rig;

/* Where a rig's hook is called. */
/* In a writer's window: after the entry or the data, before the mark. */
#define RIG_WINDOW	BIT(0)
/* Under a lock of the backend: the hook must not sleep. */
#define RIG_LOCKED	BIT(1)
/* A negative errno of the hook fails the op. */
#define RIG_MAY_FAIL	BIT(2)

/**
 * struct rig_ops - what a backend supplies
 *
 * @guest_write: vCPU @vcpu stores @value to a frame, through its own TLB and by
 *	way of a fault where the backend needs one. Hooks inside of passes call
 *	it: a rig with @hook never waits here for a lock of the backend
 * @direct_write: the kernel stores @value past all mappings, and marks
 * @unmap: take frames out of the backend's tables, as an MMU notifier does.
 *	Memory keeps its contents
 * @read: what is in a frame
 * @map_large: map the table around a frame with one writable large entry.
 *	Called without trackers. For DIRTYLOG_CONTRACT_LARGE_SUITE()
 * @split: replace the large entry around a frame, if there is one, by a table of
 *	small ones. Optional
 * @collapse: replace the table around a frame by one large entry. Optional
 * @disturb: do to the tables around a frame what else may happen to them at any
 *	time (a prefetching fault, write protection by others, ...); which of it
 *	is for @what to choose, any number. Optional
 * @hook: call @hook, or nothing if that is NULL, at every point of ops and windows
 *	where writers may run (by static stubs, for a backend that is none of tests).
 *	Optional: without it writers run beside passes in the threads' tests only
 * @reclaim: let the core memory manager take a frame's page and bring it back: what
 *	was stored since its folio was last clean is kept if the folio is marked
 *	dirty by now, and gone otherwise. Called without threads. For
 *	DIRTYLOG_CONTRACT_RECLAIM_SUITE()
 * @enter_thread: the thread that calls is going to write. Optional
 * @leave_thread: it will not any more. Optional
 * @armed: no write to the frame can go unnoticed at this moment, TLBs included.
 *	Optional
 * @recorded: a write to the frame is noted where the fold op finds it, and nowhere
 *	else. For backends whose entries record
 * @withhold_flush: from now on flushes do nothing, a bug on purpose. For
 *	DIRTYLOG_CONTRACT_TLB_SUITE()
 * @check: fail the test if the core broke a rule of its ops. Optional
 *
 * Frames are frames of the log.
 */
struct rig_ops {
	void (*guest_write)(struct rig *rig, unsigned int vcpu,
			    unsigned long frame, u32 value);
	void (*direct_write)(struct rig *rig, unsigned long frame, u32 value);
	void (*unmap)(struct rig *rig, unsigned long first, unsigned long nr);
	u32 (*read)(struct rig *rig, unsigned long frame);
	void (*map_large)(struct rig *rig, unsigned long frame);
	void (*split)(struct rig *rig, unsigned long frame);
	void (*collapse)(struct rig *rig, unsigned long frame);
	void (*disturb)(struct rig *rig, unsigned long frame, unsigned int what);
	void (*hook)(struct rig *rig,
		     int (*hook)(void *data, unsigned int where), void *data);
	void (*reclaim)(struct rig *rig, unsigned long frame);
	void (*enter_thread)(struct rig *rig);
	void (*leave_thread)(struct rig *rig);
	bool (*armed)(struct rig *rig, unsigned long frame);
	bool (*recorded)(struct rig *rig, unsigned long frame);
	void (*withhold_flush)(struct rig *rig);
	void (*check)(struct rig *rig, struct kunit *test);
};

/**
 * struct rig - one guest
 * @ops:	the backend's
 * @log:	its memory's log
 * @owner:	what passes hand to the ops
 * @nr_vcpus:	vCPUs, at least two
 * @large_frames: frames of a large entry, if the rig has any
 */
struct rig {
	const struct rig_ops *ops;
	struct dirtylog *log;
	void *owner;
	unsigned int nr_vcpus;
	unsigned int large_frames;
};

#endif /* _LIB_DIRTYLOG_TESTS_RIG_H */
