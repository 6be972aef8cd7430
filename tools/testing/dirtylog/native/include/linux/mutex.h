/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_LINUX_MUTEX_H
#define _NATIVE_LINUX_MUTEX_H

#include <errno.h>
#include <pthread.h>
#include <linux/sched.h>

struct mutex {
	pthread_mutex_t lock;
	bool locked;
};

static inline void mutex_init(struct mutex *mutex)
{
	pthread_mutex_init(&mutex->lock, NULL);
	mutex->locked = false;
}

static inline void mutex_destroy(struct mutex *mutex)
{
	if (pthread_mutex_destroy(&mutex->lock))
		fail("destroyed while it is held");
}

static inline void mutex_lock(struct mutex *mutex)
{
	might_sleep();
	pthread_mutex_lock(&mutex->lock);
	WRITE_ONCE(mutex->locked, true);
}

/* For lockdep, which is not here. */
#define SINGLE_DEPTH_NESTING			1
#define mutex_lock_killable_nested(m, class)	((void)(class), mutex_lock_killable(m))

static inline int mutex_lock_killable(struct mutex *mutex)
{
	might_sleep();
	if (pthread_mutex_trylock(&mutex->lock)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		pthread_mutex_lock(&mutex->lock);
	}
	WRITE_ONCE(mutex->locked, true);
	return 0;
}

static inline void mutex_unlock(struct mutex *mutex)
{
	WRITE_ONCE(mutex->locked, false);
	pthread_mutex_unlock(&mutex->lock);
}

static inline bool mutex_is_locked(struct mutex *mutex)
{
	return READ_ONCE(mutex->locked);
}

#endif /* _NATIVE_LINUX_MUTEX_H */
