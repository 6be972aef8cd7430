/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs on x86, as numbers and words; the functions are in precopy.h.
 */
#ifndef DIRTYLOG_VMM_MACHINE_H
#define DIRTYLOG_VMM_MACHINE_H

#define HUGE_SHIFT	21
#define SLOT_PAGES	1	/* slots begin and end on a multiple */
#define MEM_MIB		128
#define BASE_GFN	0x1000d	/* better not a multiple of 64 */
#define ODD_PAGES	17	/* so that the slot does not end on a bitmap word */
#define END_GFN		0xe0000	/* keep below the APICs and the TSS pages */
#define ROUND_MS	250
#define DELAY		{ 10000, 200, 200 }
#define CTL_PROT	(PROT_READ | PROT_WRITE)

#define WHO_NOTES	"the guest"
#define KERNEL_WRITES	"clocks, steal time"

#endif
