/* SPDX-License-Identifier: GPL-2.0 */
/* What the examples call. None of it exists: they are read by spatch, and not run. */
#ifndef _COCCI_ENTRY_H
#define _COCCI_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#define WRITABLE	1UL
#define HUGE		2UL
#define YOUNG		4UL

#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, val)	((x) = (val))
#define spte_val(x)		(x)

struct lock;
struct log;
struct mapping;
struct batch;
struct walk;

struct ops {
	int (*protect)(struct mapping *mapping, void *owner, const struct batch *batch);
	int (*arm)(struct mapping *mapping, void *owner);
	void (*set_spte)(unsigned long *sptep, unsigned long spte);
};

struct vm {
	struct lock *lock;
	struct log *log;
	const struct ops *ops;
	struct ops own_ops;
};

struct walk {
	struct vm *vm;
	unsigned long *sptep;
	unsigned long ptes[4];
};

void spin_lock(struct lock *lock);
void spin_unlock(struct lock *lock);
void read_lock(struct lock *lock);
void read_unlock(struct lock *lock);
struct lock *pmd_lock(struct vm *vm, unsigned long *pmdp);

void dirtylog_mark(struct log *log, unsigned long frame);
void dirtylog_mark_after_rmw(struct log *log, unsigned long frame);
void dirtylog_mark_range(struct log *log, unsigned long first, unsigned long nr);
void mark_page_dirty(struct vm *vm, unsigned long gfn);

int dirtylog_arm(struct log *log, void *owner);
int dirtylog_harvest(struct log *log, void *pass);
int dirtylog_rearm(struct log *log, void *pass);
int dirtylog_protect(struct log *log, void *owner, unsigned long first, unsigned long mask);
void dirtylog_flush(struct log *log, void *owner);

unsigned long cmpxchg(unsigned long *ptr, unsigned long old, unsigned long new);
unsigned long xchg(unsigned long *ptr, unsigned long new);
unsigned long read_spte(unsigned long *sptep);
void set_spte(unsigned long *sptep, unsigned long spte);
void spte_ipte(unsigned long *sptep);
int stage2_map(struct vm *vm, unsigned long gfn, unsigned long prot);
unsigned long to_spte(unsigned long frame);
bool spte_huge(unsigned long spte);

int apply_to_range(struct vm *vm, int (*fn)(unsigned long *sptep));

#endif
