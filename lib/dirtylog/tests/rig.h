/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rigs: how the contract tests drive a backend.
 *
 * A backend that wants its dirty logging tested supplies one table of
 * functions, and DIRTYLOG_CONTRACT_SUITE() in contract.h makes a KUnit suite
 * of it. mock_vm.c is the example.
 */
#ifndef _LIB_DIRTYLOG_TESTS_RIG_H
#define _LIB_DIRTYLOG_TESTS_RIG_H

#include <linux/dirtylog.h>
#include <kunit/test.h>

struct rig;

/**
 * struct rig_ops - what a backend supplies
 *
 * @create: make a guest whose memory is one log of @nr_pages frames, the first
 *	of which is guest frame @base, with all mappings in place, nothing
 *	populated and no tracker. It lives as long as @test
 * @guest_write: vCPU @vcpu stores @value to a frame, through its own TLB and by
 *	way of a fault where the backend needs one. Never waits for a lock of
 *	the backend: hooks inside of passes call it
 * @direct_write: the kernel stores @value past all mappings
 * @unmap: take frames out of the backend's tables, as an MMU notifier does.
 *	Memory keeps its contents
 * @read: what is in a frame
 * @map_large: map the table around a frame with one writable large entry.
 *	Called without trackers. Optional
 * @collapse: replace the table around a frame by one large entry. Optional
 * @withhold_flush: from now on flushes do nothing, a bug on purpose. Optional
 * @check: fail the test if the core broke a rule of its ops. Optional
 *
 * Frames are frames of the log.
 */
struct rig_ops {
	struct rig *(*create)(struct kunit *test, unsigned long base,
			      unsigned long nr_pages);
	void (*guest_write)(struct rig *rig, unsigned int vcpu,
			    unsigned long frame, u32 value);
	void (*direct_write)(struct rig *rig, unsigned long frame, u32 value);
	void (*unmap)(struct rig *rig, unsigned long first, unsigned long nr);
	u32 (*read)(struct rig *rig, unsigned long frame);
	void (*map_large)(struct rig *rig, unsigned long frame);
	void (*collapse)(struct rig *rig, unsigned long frame);
	void (*withhold_flush)(struct rig *rig);
	void (*check)(struct rig *rig, struct kunit *test);
};

/**
 * struct rig - one guest
 * @ops:	the backend's
 * @log:	its memory's log
 * @owner:	what passes hand to the ops
 * @nr_vcpus:	vCPUs, at least two
 */
struct rig {
	const struct rig_ops *ops;
	struct dirtylog *log;
	void *owner;
	unsigned int nr_vcpus;
};

#endif /* _LIB_DIRTYLOG_TESTS_RIG_H */
