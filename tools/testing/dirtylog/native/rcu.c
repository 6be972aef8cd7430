// SPDX-License-Identifier: GPL-2.0
/*
 * Threads, and grace periods of what they read.
 */
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#define MAX_THREADS	256

/* Of the UAPI's membarrier.h, which is not to be had beside our linux/. */
#define MEMBARRIER_PRIVATE		BIT(3)
#define MEMBARRIER_REGISTER_PRIVATE	BIT(4)

__thread struct task_struct native_task;

unsigned long native_rcu_period = 1;

static pthread_mutex_t tasks_lock = PTHREAD_MUTEX_INITIALIZER;
static struct task_struct *tasks[MAX_THREADS];

/* That the process was given. */
static cpu_set_t cpus;

static void task_swap(struct task_struct *from, struct task_struct *to)
{
	unsigned int i = 0;

	pthread_mutex_lock(&tasks_lock);
	while (i < MAX_THREADS && tasks[i] != from)
		i++;
	if (i == MAX_THREADS)
		fail("too many threads");
	tasks[i] = to;
	pthread_mutex_unlock(&tasks_lock);
}

static void __attribute__((constructor)) rcu_init(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_REGISTER_PRIVATE, 0, 0))
		fail("this machine has no membarrier(2)");
	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		CPU_ZERO(&cpus);
	task_swap(NULL, &native_task);
}

static void *thread_main(void *data)
{
	struct native_thread *thread = data;

	task_swap(NULL, &native_task);
	thread->run(thread->data);
	task_swap(&native_task, NULL);
	return NULL;
}

void thread_start(struct native_thread *thread, void (*run)(void *data), void *data)
{
	thread->run = run;
	thread->data = data;
	if (pthread_create(&thread->pthread, NULL, thread_main, thread))
		fail("cannot make a thread");
}

void thread_join(struct native_thread *thread)
{
	pthread_join(thread->pthread, NULL);
}

bool thread_pin(unsigned int n)
{
	cpu_set_t one;
	int cpu;

	if (CPU_COUNT(&cpus) < 2)
		return false;
	n %= CPU_COUNT(&cpus);
	for (cpu = 0; !CPU_ISSET(cpu, &cpus) || n--; cpu++)
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return !sched_setaffinity(0, sizeof(one), &one);
}

/* A full barrier in each thread, this one included. */
static void barrier_on_all_threads(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_PRIVATE, 0, 0))
		fail("membarrier(2) failed");
}

static bool still_reads(const struct task_struct *task, unsigned long period)
{
	/* Pairs with rcu_read_unlock(). */
	unsigned long began = smp_load_acquire(&task->rcu_period);

	return began && began < period;
}

void synchronize_rcu(void)
{
	unsigned long period;
	unsigned int i;

	might_sleep();
	pthread_mutex_lock(&tasks_lock);
	period = native_rcu_period + 1;
	/* Pairs with rcu_read_lock(): who has the number sees what was unlinked. */
	smp_store_release(&native_rcu_period, period);
	/*
	 * A section that the loop does not see has loads after this only, and
	 * so finds what was unlinked before the call gone.
	 */
	barrier_on_all_threads();
	for (i = 0; i < MAX_THREADS; i++) {
		while (tasks[i] && still_reads(tasks[i], period))
			sched_yield();
	}
	pthread_mutex_unlock(&tasks_lock);
}
