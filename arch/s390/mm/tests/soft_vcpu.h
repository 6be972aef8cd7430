/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A software vCPU: stores and loads that the CPU translates by the page tables of a
 * guest address space, without SIE.
 *
 * The kernel runs in the home space, so that the secondary space is free: CR7 takes
 * the ASCE of a gmap, and MVCOS copies to or from it. What the guest would fault on
 * ends in a program interruption, which is the result.
 *
 * Limits:
 *  - Whoever runs one has the mm of the gmap, by kthread_use_mm() if need be.
 *    Otherwise mm_cpumask() does not know of this CPU, and the kernel may flush
 *    another CPU's TLB only: a write that goes unseen, and no bug.
 *  - Loading CR7 flushes the local TLB on QEMU's TCG. A flush that is missing can be
 *    seen within one session only.
 *  - TCG's IPTE drops the address that it is given: see CONFIG_DIRTYLOG_TCG_IPTE.
 *  - Interrupts are off in a session.
 */
#ifndef _ARCH_S390_MM_TESTS_SOFT_VCPU_H
#define _ARCH_S390_MM_TESTS_SOFT_VCPU_H

#include <linux/types.h>
#include <asm/ctlreg.h>
#include <asm/fault.h>

/* Program interruptions of the Principles of Operation that guests care for. */
#define SOFT_VCPU_PROTECTION		0x04
#define SOFT_VCPU_SEGMENT_TRANSLATION	0x10
#define SOFT_VCPU_PAGE_TRANSLATION	0x11

/**
 * struct soft_vcpu_session - time during which a CPU can access a guest's memory
 * @cr7:	what was there before
 * @flags:	of interrupts
 * @teid:	translation-exception identification of the last fault
 */
struct soft_vcpu_session {
	struct ctlreg cr7;
	unsigned long flags;
	union teid teid;
};

/**
 * soft_vcpu_enter() - begin a session
 * @s:		storage
 * @asce:	of the address space
 *
 * Context: interrupts and page faults are off until soft_vcpu_leave().
 */
void soft_vcpu_enter(struct soft_vcpu_session *s, unsigned long asce);

/**
 * soft_vcpu_leave() - end a session
 * @s:		the session
 */
void soft_vcpu_leave(struct soft_vcpu_session *s);

/**
 * soft_vcpu_store() - store a word to guest memory
 * @s:		the session
 * @gaddr:	guest address, a multiple of 4
 * @value:	the word
 *
 * Return: 0, or the program interruption code; then nothing was stored.
 */
unsigned int soft_vcpu_store(struct soft_vcpu_session *s, unsigned long gaddr,
			     u32 value);

/**
 * soft_vcpu_load() - load a word from guest memory
 * @s:		the session
 * @gaddr:	guest address, a multiple of 4
 * @value:	where to
 *
 * Return: 0, or the program interruption code.
 */
unsigned int soft_vcpu_load(struct soft_vcpu_session *s, unsigned long gaddr,
			    u32 *value);

#endif /* _ARCH_S390_MM_TESTS_SOFT_VCPU_H */
