/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What only a guest on x86 has.
 */
#ifndef _SELFTESTS_DIRTYLOG_GUEST_X86_H
#define _SELFTESTS_DIRTYLOG_GUEST_X86_H

#include "guest.h"

/* Return: KVM has set it, and done all that comes with it. */
bool guest_set_msr(struct guest *guest, uint32_t index, uint64_t value);

#endif /* _SELFTESTS_DIRTYLOG_GUEST_X86_H */
