/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the compiler is told, and accesses that race: atomic, so that sanitizers
 * know of them, and not ordered.
 */
#ifndef _NATIVE_LINUX_COMPILER_H
#define _NATIVE_LINUX_COMPILER_H

#define barrier()		asm volatile("" : : : "memory")

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, val)	__atomic_store_n(&(x), (val), __ATOMIC_RELAXED)

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

#define fallthrough		__attribute__((fallthrough))
#define __aligned(n)		__attribute__((aligned(n)))
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#define ____cacheline_aligned_in_smp	__aligned(64)
#define __percpu
#define __acquires(lock)
#define __releases(lock)

#endif /* _NATIVE_LINUX_COMPILER_H */
