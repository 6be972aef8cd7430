/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What only a guest on s390 has.
 */
#ifndef _SELFTESTS_DIRTYLOG_GUEST_S390_H
#define _SELFTESTS_DIRTYLOG_GUEST_S390_H

#include "guest.h"

/* An entry of a segment table, and the unit of slots. */
#define SEGMENT		0x100000UL
#define SEGMENT_PAGES	(SEGMENT / PAGE)

/* KVM writes @size bytes at @gpa for the VMM. 0 or the errno. */
int guest_mem_op(struct guest *guest, uint64_t gpa, const void *from, size_t size);

/* Log the VMM's stores to huge pages. 0 or the errno, ENXIO if that cannot be. */
int guest_log_host(struct guest *guest);

/*
 * Memory of a file, which keeps its contents when page tables go, at a segment. Huge
 * pages are of 1M; the test is skipped where there are none.
 */
void *guest_map_shared(size_t size, bool huge);

#endif /* _SELFTESTS_DIRTYLOG_GUEST_S390_H */
