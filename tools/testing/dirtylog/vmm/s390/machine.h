/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs on s390, as numbers and words; the functions are in precopy.h.
 */
#ifndef DIRTYLOG_VMM_MACHINE_H
#define DIRTYLOG_VMM_MACHINE_H

#define HUGE_SHIFT	20
#define SLOT_PAGES	256	/* a gmap maps segments */
#define MEM_MIB		64
#define BASE_GFN	0x10100
#define ODD_PAGES	SLOT_PAGES
#define END_GFN		0x80000	/* prefixes have 31 bits */
/* Under TCG a fault, and IPTE with it, takes half a millisecond */
#define ROUND_MS	500
#define DELAY		{ 200000, 200, 200 }
/* Without SIE the host's no-execute bit counts for the guest */
#define CTL_PROT	(PROT_READ | PROT_WRITE | PROT_EXEC)

#define WHO_NOTES	"the guest or MEM_OP"
#define KERNEL_WRITES	"MEM_OP, interrupts, STORE STATUS"

#endif
