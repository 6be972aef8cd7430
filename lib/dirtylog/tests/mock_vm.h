/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest on mock MMUs: memory, a log, one or two mappings.
 */
#ifndef _LIB_DIRTYLOG_TESTS_MOCK_VM_H
#define _LIB_DIRTYLOG_TESTS_MOCK_VM_H

#include "mock_mmu.h"
#include "rig.h"

#define MOCK_MMUS	2

/**
 * struct mock_vm - one guest
 * @rig:	the guest as the contract tests see it
 * @log:	its log
 * @memory:	its memory, a value for each frame
 * @store:	what a page has if it is reclaimed while its folio is clean
 * @nr_mmus:	mappings; the second one is a vCPU's other address space
 * @mmus:	their MMUs
 * @hook:	of the rig
 * @hook_data:	for @hook
 * @direct_mark_first: direct writers mark and then write: a bug on purpose
 */
struct mock_vm {
	struct rig rig;
	struct dirtylog log;
	u32 *memory;
	u32 *store;
	unsigned int nr_mmus;
	struct mock_mmu mmus[MOCK_MMUS];
	int (*hook)(void *data, unsigned int where);
	void *hook_data;
	bool direct_mark_first;
};

/**
 * mock_vm_create() - a guest that lives as long as the test
 * @test:	the test
 * @base:	guest frame of the log's first
 * @nr_pages:	frames of the log
 * @nr_mmus:	mappings, up to %MOCK_MMUS
 *
 * Return: the guest; the test fails and ends if that is not possible.
 */
struct mock_vm *mock_vm_create(struct kunit *test, unsigned long base,
			       unsigned long nr_pages, unsigned int nr_mmus);

/* From now on the entries of a mapping, which has none yet, record. */
void mock_vm_record(struct kunit *test, struct mock_vm *vm, unsigned int i);

/* Store past all mappings, and mark. */
void mock_vm_direct_write(struct mock_vm *vm, unsigned long frame, u32 value);

/* Install a hook in all mappings. */
void mock_vm_hook(struct mock_vm *vm,
		  int (*hook)(struct mock_mmu *mmu, enum mock_point point),
		  void *data);

/* Fail the test if the core broke a rule of the ops. */
void mock_vm_check(struct mock_vm *vm, struct kunit *test);

/* One mapping; two mappings, vCPUs of odd number on the second. */
struct rig *mock_rig_create(struct kunit *test, unsigned long base,
			    unsigned long nr_pages);
struct rig *mock_rig_create_two(struct kunit *test, unsigned long base,
				unsigned long nr_pages);
/* Two mappings, and entries of the first record. */
struct rig *mock_rig_create_recording(struct kunit *test, unsigned long base,
				      unsigned long nr_pages);

#endif /* _LIB_DIRTYLOG_TESTS_MOCK_VM_H */
