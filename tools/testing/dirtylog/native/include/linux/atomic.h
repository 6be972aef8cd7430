/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Atomic operations and barriers, as strong as the kernel's memory model says and
 * no stronger: what does not return a value orders nothing.
 *
 * One source file can be built with -D'smp_mb()=barrier()', to see what is lost.
 */
#ifndef _NATIVE_LINUX_ATOMIC_H
#define _NATIVE_LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

#ifdef __x86_64__
#ifndef smp_mb
/* Not of what a ret, or the caller's next load, would wait for. */
#define smp_mb()		\
	asm volatile("lock; addl $0, -4(%%rsp)" : : : "memory", "cc")
#endif
/* Loads are not reordered, nor stores; a locked instruction is a full barrier. */
#define smp_rmb()		barrier()
#define smp_wmb()		barrier()
#define smp_mb__before_atomic()	barrier()
#define smp_mb__after_atomic()	barrier()
#else
#ifndef smp_mb
#define smp_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_mb__before_atomic()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_mb__after_atomic()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

/* Fully ordered: also against what is not atomic on either side. */
#define native_ordered(op)			\
({						\
	smp_mb__before_atomic();		\
	__auto_type ordered_ = (op);		\
						\
	smp_mb__after_atomic();			\
	ordered_;				\
})

#define xchg(p, v)	\
	native_ordered(__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST))

#define try_cmpxchg(p, old, new)					\
	native_ordered(__atomic_compare_exchange_n(p, old, new, false,	\
						   __ATOMIC_SEQ_CST,	\
						   __ATOMIC_RELAXED))

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

static inline int atomic_read(const atomic_t *v)
{
	return READ_ONCE(v->counter);
}

static inline int atomic_read_acquire(const atomic_t *v)
{
	return smp_load_acquire(&v->counter);
}

static inline void atomic_set(atomic_t *v, int i)
{
	WRITE_ONCE(v->counter, i);
}

static inline int atomic_inc_return(atomic_t *v)
{
	return native_ordered(__atomic_add_fetch(&v->counter, 1,
						 __ATOMIC_SEQ_CST));
}

/* Not ordered. */
static inline void atomic_long_or(long i, atomic_long_t *v)
{
	__atomic_fetch_or(&v->counter, i, __ATOMIC_RELAXED);
}

static inline long atomic_long_fetch_andnot(long i, atomic_long_t *v)
{
	return native_ordered(__atomic_fetch_and(&v->counter, ~i,
						 __ATOMIC_SEQ_CST));
}

#endif /* _NATIVE_LINUX_ATOMIC_H */
