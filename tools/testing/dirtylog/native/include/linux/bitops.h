/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_LINUX_BITOPS_H
#define _NATIVE_LINUX_BITOPS_H

#include <linux/atomic.h>
#include <linux/kernel.h>

static inline bool test_bit(unsigned long nr, const unsigned long *map)
{
	return READ_ONCE(map[nr / BITS_PER_LONG]) & BIT(nr % BITS_PER_LONG);
}

/* Not ordered. */
static inline void set_bit(unsigned long nr, unsigned long *map)
{
	__atomic_fetch_or(&map[nr / BITS_PER_LONG], BIT(nr % BITS_PER_LONG),
			  __ATOMIC_RELAXED);
}

static inline bool test_and_clear_bit(unsigned long nr, unsigned long *map)
{
	unsigned long bit = BIT(nr % BITS_PER_LONG);

	return native_ordered(__atomic_fetch_and(&map[nr / BITS_PER_LONG], ~bit,
						 __ATOMIC_SEQ_CST)) & bit;
}

static inline void __set_bit(unsigned long nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] |= BIT(nr % BITS_PER_LONG);
}

static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

static inline unsigned long __fls(unsigned long word)
{
	return BITS_PER_LONG - 1 - __builtin_clzl(word);
}

static inline unsigned int hweight_long(unsigned long word)
{
	return __builtin_popcountl(word);
}

static inline unsigned long find_next_bit(const unsigned long *map,
					  unsigned long size, unsigned long nr)
{
	unsigned long bits;

	while (nr < size) {
		bits = map[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG;
		if (bits) {
			nr += __ffs(bits);
			return nr < size ? nr : size;
		}
		nr = round_down(nr, BITS_PER_LONG) + BITS_PER_LONG;
	}
	return size;
}

#define for_each_set_bit_from(bit, map, size)			\
	for ((bit) = find_next_bit(map, size, bit); (bit) < (size);	\
	     (bit) = find_next_bit(map, size, (bit) + 1))

#define for_each_set_bit(bit, map, size)	\
	for ((bit) = find_next_bit(map, size, 0); (bit) < (size);	\
	     (bit) = find_next_bit(map, size, (bit) + 1))

#endif /* _NATIVE_LINUX_BITOPS_H */
