/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest physical layout, shared by the VMM and the guest's assembly.
 *
 * Slot 0 starts at guest physical 0 and is never logged: the VMM itself writes
 * there, and userspace's own writes are not in KVM's log. Slot 1 holds the data
 * that is migrated; the guest and, behind the guest's part, KVM write it.
 */
#ifndef DIRTYLOG_VMM_LAYOUT_H
#define DIRTYLOG_VMM_LAYOUT_H

/* The first two pages are not used: on s390 they are the prefix area */
#define GUEST_CTL		0x2000
#define GUEST_VCPU		0x3000	/* one line of 64 bytes per vCPU */
#define GUEST_CODE		0x4000
#define GUEST_WITNESS		0x10000	/* one byte per data page */

/* Control words, written by the VMM, read by the guest */
#define CTL_PHASE		(GUEST_CTL + 0x00)
#define CTL_NPAGES		(GUEST_CTL + 0x04)
#define CTL_LIMIT		(GUEST_CTL + 0x08) /* last offset a store may have */
#define CTL_HOT_FIRST		(GUEST_CTL + 0x0c)
#define CTL_HOT_PAGES		(GUEST_CTL + 0x10)
#define CTL_DELAY		(GUEST_CTL + 0x20) /* spins after a store, per phase */

#define VCPU_STORES		0	/* stores done, modulo 2^32 */
#define VCPU_CURRENT		4	/* offset of the store being done */
#define VCPU_STRIDE_SHIFT	6

#define PHASE_SPARSE		0
#define PHASE_DENSE		1
#define PHASE_HOT		2
#define NR_PHASES		3

#endif
