/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RCU. A reader notes the number of the grace period in which it began, and has no
 * barrier, as in the kernel: one would stand in for those of the code under test.
 * synchronize_rcu() makes every thread execute one instead.
 */
#ifndef _NATIVE_LINUX_RCUPDATE_H
#define _NATIVE_LINUX_RCUPDATE_H

#include <linux/atomic.h>
#include <linux/sched.h>

extern unsigned long native_rcu_period;

static inline void rcu_read_lock(void)
{
	if (!current->rcu_depth++)
		smp_store_release(&current->rcu_period,
				  smp_load_acquire(&native_rcu_period));
	barrier();
}

static inline void rcu_read_unlock(void)
{
	/* What the section read is done before: so sanitizers see it too. */
	if (!--current->rcu_depth)
		smp_store_release(&current->rcu_period, 0);
}

/* With a pointer in its hands a reader is preempted, where sanitizers watch. */
static inline void native_rcu_linger(void)
{
#ifdef NATIVE_RCU_LINGER
	if (!(++current->looks % 64))
		sched_yield();
#endif
}

void synchronize_rcu(void);

#endif /* _NATIVE_LINUX_RCUPDATE_H */
