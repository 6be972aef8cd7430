/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small things; also what headers stand for that have nothing else to offer here:
 * the Makefile makes those.
 */
#ifndef _NATIVE_LINUX_KERNEL_H
#define _NATIVE_LINUX_KERNEL_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bits.h>
#include <linux/types.h>

#define min(a, b)	({ __auto_type a_ = (a); __auto_type b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b)	({ __auto_type a_ = (a); __auto_type b_ = (b); a_ > b_ ? a_ : b_; })
#define min3(a, b, c)	({ __auto_type c_ = (c); __auto_type ab_ = min(a, b); min(ab_, c_); })
#define clamp(x, lo, hi)	\
	({ __auto_type hi_ = (hi); __auto_type x_ = max(x, lo); min(x_, hi_); })
#define swap(a, b)	({ __auto_type a_ = (a); (a) = (b); (b) = a_; })

/* @to: a power of two. */
#define round_down(n, to)	((n) & ~((typeof(n))(to) - 1))
/* Of a power of two. */
#define ilog2(n)		__builtin_ctzl(n)

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define container_of(ptr, type, member)	\
	((type *)((char *)(ptr) - offsetof(type, member)))

#define EXPORT_SYMBOL_GPL(symbol)

/* What warns in the kernel ends the program. */
#define fail(fmt, ...)							\
	do {								\
		fprintf(stderr, "%s:%d: " fmt "\n", __FILE__, __LINE__,	\
			##__VA_ARGS__);					\
		abort();						\
	} while (0)

#define WARN_ON_ONCE(condition)			\
({						\
	bool warn_ = (condition);		\
						\
	if (unlikely(warn_))			\
		fail("warning: " #condition);	\
	warn_;					\
})

#define pr_warn_once(fmt, ...)	fprintf(stderr, fmt, ##__VA_ARGS__)

static inline size_t size_add(size_t a, size_t b)
{
	size_t sum;

	return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

#ifdef __x86_64__
#define cpu_relax()	__builtin_ia32_pause()
#else
#define cpu_relax()	barrier()
#endif

#endif /* _NATIVE_LINUX_KERNEL_H */
