/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest in a gmap, or in two of one mm, with a dirty log and no KVM.
 */
#ifndef _ARCH_S390_MM_TESTS_GMAP_RIG_H
#define _ARCH_S390_MM_TESTS_GMAP_RIG_H

#include <linux/dirtylog.h>
#include <asm/gmap.h>
#include <asm/gmap_dirtylog.h>
#include <kunit/test.h>

#include "reader.h"
#include "rig.h"

#define GMAP_RIG_MAX_GMAPS	2
#define GMAP_RIG_GADDR		0x10000000UL

/**
 * struct gmap_rig - one guest
 * @rig:	the guest as the contract tests see it
 * @log:	the log
 * @range:	the log's mapping: where it is in the mm
 * @mm:		the address space of the test
 * @large:	its memory is of 1M pages
 * @split:	and its segments are split
 * @gmaps:	guest address spaces
 * @nr_gmaps:	how many of them there are; vCPUs use them in turn
 * @gaddr:	guest address of frame 0
 * @file:	the guest's memory, shared, so that it outlives page tables
 * @offset:	of frame 0 in @file, in pages
 * @pages:	of @file, by frame, where known
 * @failed:	the first error of a guest's access
 */
struct gmap_rig {
	struct rig rig;
	struct dirtylog log;
	struct gmap_dirtylog range;
	struct mm_struct *mm;
	bool large, split;
	struct gmap *gmaps[GMAP_RIG_MAX_GMAPS];
	unsigned int nr_gmaps;
	unsigned long gaddr;
	struct file *file;
	unsigned long offset;
	struct page **pages;
	int failed;
};

/* A range's, without KVM and its memslot. */
extern const struct dirtylog_ops gmap_rig_mapping_ops;

/* One gmap; two gmaps, vCPUs of odd number in the second. */
struct rig *gmap_rig_create(struct kunit *test, unsigned long base,
			    unsigned long nr_pages);
struct rig *gmap_rig_create_two(struct kunit *test, unsigned long base,
				unsigned long nr_pages);
/* The same of 1M pages; they skip the test where the machine has none. */
struct rig *gmap_rig_create_large(struct kunit *test, unsigned long base,
				  unsigned long nr_pages);
struct rig *gmap_rig_create_large_two(struct kunit *test, unsigned long base,
				      unsigned long nr_pages);
/* The same of 1M pages whose segments are split. */
struct rig *gmap_rig_create_split(struct kunit *test, unsigned long base,
				  unsigned long nr_pages);
struct rig *gmap_rig_create_split_two(struct kunit *test, unsigned long base,
				      unsigned long nr_pages);
/* Two gmaps, and the VMM's stores are logged too. */
struct rig *gmap_rig_create_large_host(struct kunit *test, unsigned long base,
				       unsigned long nr_pages);

static inline struct gmap_rig *to_gmap_rig(struct rig *rig)
{
	return container_of(rig, struct gmap_rig, rig);
}

/**
 * gmap_rig_entry() - do something to the entry of a frame
 * @g:		the guest
 * @frame:	a frame whose page table is there
 * @fn:		what; called with the page table lock held
 * @data:	for @fn
 *
 * Return: @fn was called.
 */
bool gmap_rig_entry(struct gmap_rig *g, unsigned long frame,
		    void (*fn)(struct gmap_rig *g, unsigned long frame,
			       pte_t *ptep, void *data), void *data);

/* A gmap's entry of the segment around a frame, or NULL if it is not linked. */
unsigned long *gmap_rig_segment(struct gmap_rig *g, unsigned int n,
				unsigned long frame);

/* Its value; empty if it is not linked. */
static inline unsigned long gmap_rig_segment_value(struct gmap_rig *g, unsigned int n,
						   unsigned long frame)
{
	unsigned long *entry = gmap_rig_segment(g, n, frame);

	return entry ? *entry : _SEGMENT_ENTRY_EMPTY;
}

/* Do to the large segment around a frame what a change of the host's entry does. */
void gmap_rig_drop(struct gmap_rig *g, unsigned long frame,
		   void (*drop)(struct mm_struct *mm, unsigned long vmaddr));

/* Unlink the segment around a frame from all gmaps. */
void gmap_rig_unlink(struct gmap_rig *g, unsigned long frame);

/* May a large entry be written through? */
static inline bool gmap_rig_lets_write(unsigned long entry)
{
	return entry && !(entry & (_SEGMENT_ENTRY_INVALID | _SEGMENT_ENTRY_PROTECT));
}

/**
 * struct gmap_rig_notified - what a gmap notifier was told
 * @calls:	how often
 * @start:	guest address of the first byte, of the last call
 * @end:	of the last byte
 */
struct gmap_rig_notified {
	unsigned int calls;
	unsigned long start, end;
};

/* Be notified until the test ends. */
struct gmap_rig_notified *gmap_rig_notify(struct kunit *test);

/* A harvest that finds no entry to protect. */
void gmap_rig_take_only(struct kunit *test, struct reader *reader);

/* Host and guest address of a frame. */
static inline unsigned long gmap_rig_vmaddr(const struct gmap_rig *g,
					    unsigned long frame)
{
	return g->range.start + (frame << PAGE_SHIFT);
}

static inline unsigned long gmap_rig_gaddr(const struct gmap_rig *g,
					   unsigned long frame)
{
	return g->gaddr + (frame << PAGE_SHIFT);
}

#endif /* _ARCH_S390_MM_TESTS_GMAP_RIG_H */
