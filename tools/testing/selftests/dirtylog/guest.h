/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest of a few bytes of real mode code: each time it runs, it writes to the
 * first GUEST_PAGES pages above 1 MiB and exits.
 */
#ifndef _SELFTESTS_DIRTYLOG_GUEST_H
#define _SELFTESTS_DIRTYLOG_GUEST_H

#include <stdint.h>
#include <stddef.h>
#include <linux/kvm.h>

#define PAGE		4096UL
#define CODE_SLOT	0
#define DATA_SLOT	1
#define GUEST_GPA	0x100000UL
#define GUEST_PAGES	15

struct guest {
	int vm;
	int vcpu;
	struct kvm_run *run;
};

/* Ends the test: as skipped without /dev/kvm, as failed otherwise. */
void guest_open(void);

/*
 * Its memory is @mem, at @gpa: GUEST_GPA, and the code is in CODE_SLOT, or 0, and
 * the code is in it.
 */
void guest_make(struct guest *guest, uint64_t gpa, void *mem, size_t size,
		uint32_t flags);
void guest_free(struct guest *guest);
void guest_run(struct guest *guest);

/* Anonymous memory that is not populated. */
void *guest_map(size_t size);

/* These return 0 or the errno. */
int guest_set_slot(struct guest *guest, int slot, uint64_t gpa, void *mem,
		   size_t size, uint32_t flags);
int guest_get(struct guest *guest, uint32_t slot, void *to);
int guest_clear(struct guest *guest, uint32_t slot, uint64_t first, uint32_t nr,
		void *from);
int guest_manual_protect(struct guest *guest, uint64_t flags);

#endif /* _SELFTESTS_DIRTYLOG_GUEST_H */
