/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_LINUX_SLAB_H
#define _NATIVE_LINUX_SLAB_H

#include <linux/kernel.h>
#include <linux/sched.h>

#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0
#define __GFP_NOWARN		0

static inline void *native_alloc(size_t n, size_t size)
{
	might_sleep();
	if (current->no_memory_in && !--current->no_memory_in)
		return NULL;
	return calloc(n, size);
}

#define kcalloc(n, size, gfp)		native_alloc(n, size)
#define kvcalloc(n, size, gfp)		native_alloc(n, size)
#define __vcalloc(n, size, gfp)		native_alloc(n, size)
#define kfree(p)			free(p)
#define kvfree(p)			free(p)
#define vfree(p)			free(p)

#endif /* _NATIVE_LINUX_SLAB_H */
