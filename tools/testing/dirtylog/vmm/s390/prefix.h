/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vCPU's prefix pages, as far as the VMM looks at them; see Principles of Operation.
 */
#ifndef DIRTYLOG_VMM_PREFIX_H
#define DIRTYLOG_VMM_PREFIX_H

#include "precopy.h"

#define PREFIX_PAGES	2

#define IO_OLD_PSW	0x170
#define IO_NEW_PSW	0x1f0

#define PSW_MASK_IO	0x0200000000000000ULL
#define PSW_MASK_64BIT	0x0000000180000000ULL

struct psw {
	u64 mask;
	u64 addr;
};

/* guest.S: where an interrupted vCPU goes on */
extern const u8 guest_interrupted[];

/* kernel.c */
u64 prefix_of(const struct vcpu *vcpu);
struct psw *psw_of(const struct vcpu *vcpu, unsigned int offset);
void kernel_interrupted(const struct vcpu *vcpu);

#endif
