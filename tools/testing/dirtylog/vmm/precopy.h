/* SPDX-License-Identifier: GPL-2.0 */
/*
 * precopy: a VMM that live-migrates a guest into a buffer, and compares.
 */
#ifndef DIRTYLOG_VMM_PRECOPY_H
#define DIRTYLOG_VMM_PRECOPY_H

#include <linux/types.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdnoreturn.h>

#include "layout.h"
#include "machine.h"	/* of the architecture */

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;

#define BIT(n)			(1UL << (n))

#define PAGE_SHIFT		12
#define PAGE_BYTES		BIT(PAGE_SHIFT)
#define BITS_PER_WORD		64
#define CLEAR_WORDS		64	/* of the bitmap, at most, for one CLEAR */
#define MAX_VCPUS		8

#define EXIT_DIFFERS		1	/* the copy is wrong, or the run failed */
#define EXIT_BAD_INPUT		2	/* options, or a KVM that cannot do it */

enum mode { MODE_GET, MODE_CLEAR, MODE_INIT_SET, NR_MODES };

enum huge { HUGE_NONE, HUGE_THP, HUGE_TLB };

struct options {
	bool mode[NR_MODES];
	enum huge huge;
	unsigned int rounds;
	unsigned int round_ms;
	unsigned int vcpus;
	unsigned int timeout_s;
	u32 delay[NR_PHASES];
	u32 hot_pages;
	u64 forget;
	u64 lose;
	u64 seed;
	u64 base_gfn;
	u64 npages;
	bool trace;
};

static inline size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* Of slot 0, which ends with the witness map */
static inline size_t ctl_bytes(u64 npages)
{
	return round_up(GUEST_WITNESS + npages, SLOT_PAGES * PAGE_BYTES);
}

/* main.c */
extern const char * const mode_names[NR_MODES];
extern const char * const phase_names[NR_PHASES + 1];

noreturn void die(int status, const char *fmt, ...);

/* rng.c: xorshift64*, one stream per struct */
struct rng {
	u64 state;
};

void rng_init(struct rng *rng, u64 seed, u64 stream);
u64 rng_next(struct rng *rng);

static inline u64 rng_below(struct rng *rng, u64 bound)
{
	return rng_next(rng) % bound;
}

/* ARCH/guest.S: position-independent code, copied to GUEST_CODE */
extern const u8 guest_start[], guest_end[];

/* vm.c: the machine */
struct vm;

struct vcpu {
	struct vm *vm;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool parked;
	bool failed;
	char why[160];
};

struct vm {
	const struct options *opt;
	int kvm_fd;
	int fd;
	size_t run_bytes;
	u8 *ctl;			/* slot 0 */
	size_t ctl_bytes;
	u8 *ctl_map;		/* what mmap() returned for it */
	size_t ctl_map_bytes;
	u8 *data;			/* slot 1 */
	u8 *data_map;		/* what mmap() returned for it */
	size_t data_map_bytes;
	u64 npages;
	u64 guest_pages;	/* the first of them: the guest writes these */
	unsigned int nr_lines;	/* who notes what it stores: vCPUs, then the kernel */
	bool stop;
	unsigned int nr_running;	/* threads to be joined */
	struct vcpu vcpu[MAX_VCPUS];
};

void vm_need_cap(struct vm *vm, int cap, int bits, const char *name);
void vm_create(struct vm *vm, const struct options *opt, enum mode mode, struct rng *rng);
void vm_start(struct vm *vm);
void vm_stop(struct vm *vm);
void vm_destroy(struct vm *vm);
bool vm_healthy(struct vm *vm);
void vm_set_phase(struct vm *vm, unsigned int phase);
u32 vm_stores(struct vm *vm, unsigned int line);
u32 vm_current(struct vm *vm, unsigned int line);
void vm_announce(struct vm *vm, unsigned int line, u32 offset);
void vm_note(struct vm *vm, unsigned int line, u32 offset);
void vm_log_enable(struct vm *vm);
void vm_log_get(struct vm *vm, u64 *bitmap);
void vm_log_clear(struct vm *vm, const u64 *bitmap, u64 first, u64 num);
const char *vm_backing(struct vm *vm);

/* ARCH/vcpu.c: how a vCPU begins to run guest.S */
struct start {
	u32 random;		/* never 0 */
	u32 cursor;		/* of the dense sweep */
	u64 data;		/* guest physical: the data slot */
	u64 line;		/* guest physical: this vCPU's line */
};

void arch_check(const struct options *opt);
void arch_vm_create(struct vm *vm);
void arch_vcpu_create(struct vcpu *vcpu, const struct start *start);
bool arch_vcpu_exit(struct vcpu *vcpu);	/* false: it should not have left */
u64 arch_vcpu_pc(struct vcpu *vcpu);

/* ARCH/kernel.c: pages of the guest that only KVM writes, behind the guest's own */
u64 kernel_pages(const struct options *opt);
void kernel_create(struct vm *vm);
void kernel_start(struct vm *vm);
void kernel_write(struct vm *vm);
void kernel_write_as_vcpu(struct vcpu *vcpu);
void kernel_stop(struct vm *vm);

/* trace.c: what the dirty log library says of itself */
void trace_start(void);
void trace_show(void);

/* witness.c: the guest's own account of what it wrote */
struct witness {
	u64 npages;
	size_t words;
	u64 *written;		/* between the harvest before and this GET */
	u64 *excused;		/* at most two pages of these per vCPU */
	u64 *pending;		/* during the harvest before, not in it */
	u64 *missing;
	u64 checked;
	u64 lost;
};

void witness_init(struct witness *wit, u64 npages);
void witness_free(struct witness *wit);
void witness_before(struct witness *wit, struct vm *vm);
bool witness_missing(struct witness *wit, const u64 *reported);
void witness_lost(struct witness *wit, struct vm *vm, const u64 *again, unsigned int round);
void witness_after(struct witness *wit, struct vm *vm, const u64 *reported);

/* report.c: for people and for gnuplot */
struct round {
	unsigned int nr;
	unsigned int phase;		/* NR_PHASES: the guest is stopped */
	u64 stores;
	u64 pages;
	double seconds;			/* since the harvest before */
	double harvest_us;
};

struct outcome {
	enum mode mode;
	unsigned int nr_rounds;
	struct round *rounds;
	u64 stores;
	u64 pages;
	u64 forgotten;		/* --forget */
	u64 hidden;		/* --lose */
	u64 differing;
	u64 kernel;		/* reports of pages that KVM wrote */
	u64 silent;		/* rounds without a page or a store */
	u64 lost;
	u64 witnessed;
	double harvest_us;
	double stopped_us;
	double seconds;
};

void report_head(const struct options *opt);
void report_mode(enum mode mode, const char *backing);
void report_round(const struct options *opt, const struct round *round);
bool report_outcome(const struct options *opt, const struct outcome *out);
void report_data(const struct options *opt, const struct outcome *out, unsigned int nr);

/* copy.c: the migration */
double now(void);
void precopy(const struct options *opt, enum mode mode, struct outcome *out);

#endif
