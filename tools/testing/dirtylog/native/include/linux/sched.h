/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_LINUX_SCHED_H
#define _NATIVE_LINUX_SCHED_H

#include <pthread.h>
#include <sched.h>
#include <linux/kernel.h>

/**
 * struct task_struct - a thread
 * @rcu_depth:	nested read-side sections
 * @rcu_period:	grace period in which the outermost began, or 0
 * @fatal_in:	a fatal signal is found at the n-th look, and from then on; 0: never
 * @no_memory_in: the n-th allocation fails; 0: none
 * @unruffled:	cond_resched() does nothing, and need_resched() is never true
 * @looks:	how often something looked whether it should give way
 */
struct task_struct {
	unsigned int rcu_depth;
	unsigned long rcu_period;
	unsigned int fatal_in;
	unsigned int no_memory_in;
	bool unruffled;
	unsigned int looks;
};

extern __thread struct task_struct native_task;
#define current	(&native_task)

struct native_thread {
	pthread_t pthread;
	void (*run)(void *data);
	void *data;
};

/* Run a function in a thread, which RCU knows; all others but main() it does not. */
void thread_start(struct native_thread *thread, void (*run)(void *data), void *data);
void thread_join(struct native_thread *thread);

/* Only on the @n-th CPU of ours from now on. Return: there are two at least. */
bool thread_pin(unsigned int n);

/* A place where the kernel's debugging would complain about a read-side section. */
static inline void might_sleep(void)
{
	if (current->rcu_depth)
		fail("may sleep in an RCU read-side section");
}

#define might_sleep_if(condition)	do { if (condition) might_sleep(); } while (0)

static inline int cond_resched(void)
{
	might_sleep();
	if (current->unruffled)
		return 0;
	sched_yield();
	return 1;
}

static inline bool need_resched(void)
{
	return !current->unruffled && !(++current->looks % 16);
}

static inline bool fatal_signal_pending(struct task_struct *task)
{
	if (task->fatal_in > 1)
		task->fatal_in--;
	else if (task->fatal_in)
		return true;
	return false;
}

#endif /* _NATIVE_LINUX_SCHED_H */
