/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which instruction invalidates and flushes a segment entry, and for whose TLBs, also
 * on machines that are not this one.
 *
 * IDTE with a guest's ASCE, and CSP where there is no IDTE, are branches that QEMU's
 * TCG never takes. A test pretends to be such a machine; __pmdp_idte() and __pmdp_csp()
 * say what they were told. What is done instead is an IDTE that flushes everything.
 */
#ifndef _ARCH_S390_MM_TESTS_SOFT_TLB_H
#define _ARCH_S390_MM_TESTS_SOFT_TLB_H

#include <linux/types.h>

#define SOFT_TLB_MAX	8

/**
 * struct soft_tlb_op - one instruction
 * @csp:	it is CSP, which has none of the others but @entry
 * @entry:	the entry that it invalidates
 * @addr:	the effective invalidation address, without the options
 * @opt:	options in that address
 * @asce:	the ASCE that it is limited to, 0 if to none
 * @local:	it flushes this CPU only
 */
struct soft_tlb_op {
	bool csp;
	const void *entry;
	unsigned long addr, opt, asce;
	bool local;
};

/**
 * struct soft_tlb - what this CPU does
 * @flags:	its facilities (MACHINE_FLAG_...), to be put back
 * @nr:		how many there were, also those that have no room
 * @iptes:	IPTEs, of pages; not in @nr and @ops
 * @ops:	the first of them
 */
struct soft_tlb {
	unsigned long flags;
	unsigned int nr, iptes;
	struct soft_tlb_op ops[SOFT_TLB_MAX];
};

/**
 * soft_tlb_record() - record what this task does
 * @tlb:	the record
 *
 * Context: may sleep. One at a time.
 */
void soft_tlb_record(struct soft_tlb *tlb);

/**
 * soft_tlb_stop() - the opposite
 */
void soft_tlb_stop(void);

/**
 * soft_tlb_pretend() - record, and be another machine
 * @tlb:	the record
 * @set:	facilities (MACHINE_FLAG_...) to have
 * @clear:	facilities to miss
 *
 * Context: preemption is disabled until soft_tlb_be_honest().
 */
void soft_tlb_pretend(struct soft_tlb *tlb, unsigned long set, unsigned long clear);

/**
 * soft_tlb_be_honest() - the opposite
 * @tlb:	the record, complete now
 */
void soft_tlb_be_honest(struct soft_tlb *tlb);

#endif /* _ARCH_S390_MM_TESTS_SOFT_TLB_H */
