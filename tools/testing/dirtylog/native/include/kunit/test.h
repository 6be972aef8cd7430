/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as the mock MMU needs. What is not as expected ends the program.
 */
#ifndef _NATIVE_KUNIT_TEST_H
#define _NATIVE_KUNIT_TEST_H

#include <linux/bitops.h>
#include <linux/slab.h>

#define KUNIT_ACTIONS	64

/**
 * struct kunit - what has to be undone, last things first
 * @actions:	what to call, and what with
 * @nr:		how many
 */
struct kunit {
	struct {
		void (*undo)(void *data);
		void *data;
	} actions[KUNIT_ACTIONS];
	unsigned int nr;
};

static inline int kunit_add_action_or_reset(struct kunit *test,
					    void (*undo)(void *data), void *data)
{
	if (test->nr == KUNIT_ACTIONS)
		fail("too many actions");
	test->actions[test->nr].undo = undo;
	test->actions[test->nr++].data = data;
	return 0;
}

static inline void kunit_cleanup(struct kunit *test)
{
	while (test->nr) {
		test->nr--;
		test->actions[test->nr].undo(test->actions[test->nr].data);
	}
}

#define KUNIT_ASSERT_NOT_NULL(test, p)					\
	do { if (!(p)) fail(#p " is NULL"); } while (0)
#define KUNIT_ASSERT_EQ(test, a, b)					\
	do { if ((a) != (b)) fail(#b " is not " #a); } while (0)
#define KUNIT_EXPECT_STREQ(test, a, b)					\
	do { if (strcmp(a, b)) fail("\"%s\", not \"%s\"", a, b); } while (0)

#endif /* _NATIVE_KUNIT_TEST_H */
