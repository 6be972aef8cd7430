/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest of a few bytes of code, without paging: each time it runs, it stores to the
 * pages that it is told, and exits.
 */
#ifndef _SELFTESTS_DIRTYLOG_GUEST_H
#define _SELFTESTS_DIRTYLOG_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <linux/kvm.h>

#define PAGE		4096UL
#define CODE_SLOT	0
#define DATA_SLOT	1
#define GUEST_GPA	0x100000UL
#define GUEST_PAGES	15

/* What of a bitmap the ioctls write or read. */
#define LOG_BYTES(pages)	(((pages) + 63) / 64 * 8)

struct guest {
	int vm;
	/* A second one of the same VM has another number. */
	int vcpu_id;
	int vcpu;
	struct kvm_run *run;
};

/* Of the architecture: what slots are aligned to, and how the guest exits. */
extern const size_t guest_align;
extern const int guest_exit;

/* Ends the test: as skipped without /dev/kvm, as failed otherwise. */
void guest_open(void);
/* What KVM_CHECK_EXTENSION says. */
int guest_cap(int cap);

/* Ends the test as failed, and tells what of, and errno. */
void guest_die(const char *what);

/*
 * Its memory is @mem, at @gpa: GUEST_GPA, and the code is in CODE_SLOT, or 0, and
 * the code is in it (not on s390).
 */
void guest_make(struct guest *guest, uint64_t gpa, void *mem, size_t size,
		uint32_t flags);
/* The same in steps: a VM, the code in CODE_SLOT, slots of one's own, a vCPU. */
void guest_make_vm(struct guest *guest);
/* A VM of another type, by its file descriptor. */
int guest_make_typed_vm(unsigned long type);
void guest_make_code(struct guest *guest);
void guest_make_vcpu(struct guest *guest);
/* The last one without registers. */
void guest_open_vcpu(struct guest *guest);
void guest_free(struct guest *guest);

/* Store to the first GUEST_PAGES pages from GUEST_GPA on. */
void guest_run(struct guest *guest);
/* Store to @nr pages from @gpa on, @stride pages from one to the next. */
void guest_write(struct guest *guest, uint64_t gpa, uint32_t nr, uint32_t stride);
/*
 * The same, for a caller who expects other exits: set registers, so that the
 * guest stores @value, and run. The exit reason, or a negative errno.
 */
void guest_aim(struct guest *guest, uint64_t gpa, uint32_t nr, uint32_t stride,
	       uint32_t value);
int guest_enter(struct guest *guest);
/*
 * The same until it is through, where KVM_RUN may have to be tried again. 0 or the
 * errno; EIO if it exits otherwise.
 */
int guest_finish(struct guest *guest);
/* What KVM says of an exit reason that the test did not expect; may be "". */
const char *guest_detail(struct guest *guest, int reason);

/* Anonymous memory that is not populated and has no huge pages, for a slot. */
void *guest_map(size_t size);

/*
 * The descriptor of a userfaultfd that holds whoever touches @size bytes at @mem, which
 * are not populated; -1 and errno if there is no userfaultfd.
 */
int guest_hold(void *mem, size_t size);

static inline bool guest_bit(const void *bitmap, unsigned long bit)
{
	return ((const uint8_t *)bitmap)[bit / 8] >> bit % 8 & 1;
}

static inline void guest_set_bit(void *bitmap, unsigned long bit)
{
	((uint8_t *)bitmap)[bit / 8] |= 1 << bit % 8;
}

/* A random number less than @below; a thread has its own state. */
static inline unsigned int guest_rnd(unsigned int *state, unsigned int below)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 16) % below;
}

/* The bits of the first @nr that are set. */
unsigned long guest_count(const void *bitmap, unsigned long nr);

/* These return 0 or the errno. A slot's number has its address space on top. */
int guest_set_slot(struct guest *guest, uint32_t slot, uint64_t gpa, void *mem,
		   size_t size, uint32_t flags);
int guest_get(struct guest *guest, uint32_t slot, void *to);
/* By GET, how many of the @pages of the slot are dirty; more than that if it fails. */
unsigned long guest_reported(struct guest *guest, uint32_t slot, void *bitmap,
			     unsigned long pages);
int guest_clear(struct guest *guest, uint32_t slot, uint64_t first, uint32_t nr,
		void *from);
int guest_enable_cap(struct guest *guest, uint32_t cap, uint64_t arg);
int guest_manual_protect(struct guest *guest, uint64_t flags);

/* The thread stays on one CPU. 0 or the errno, EINVAL if there is no such CPU. */
int guest_pin(int cpu);

/* One of the VM's binary statistics. */
uint64_t guest_stat(struct guest *guest, const char *name);
/* Ends the test as failed if KVM maps nothing of the guest by huge pages. */
void guest_need_huge(struct guest *guest);

#endif /* _SELFTESTS_DIRTYLOG_GUEST_H */
