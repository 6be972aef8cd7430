/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_LINUX_TYPES_H
#define _NATIVE_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/compiler.h>

typedef uint32_t u32;
typedef uint64_t u64;

#define DECLARE_BITMAP(name, nr)	unsigned long name[BITS_TO_LONGS(nr)]

struct list_head {
	struct list_head *next, *prev;
};

#endif /* _NATIVE_LINUX_TYPES_H */
