/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_LINUX_RCULIST_H
#define _NATIVE_LINUX_RCULIST_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

static inline void list_add_tail_rcu(struct list_head *entry,
				     struct list_head *head)
{
	struct list_head *prev = head->prev;

	entry->prev = prev;
	entry->next = head;
	smp_store_release(&prev->next, entry);
	head->prev = entry;
}

static inline void list_del_rcu(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	/* Release: a reader comes from here to what others have put behind it. */
	smp_store_release(&entry->prev->next, entry->next);
	entry->prev = NULL;
}

/* Acquire stands for an address dependency, which sanitizers do not know. */
#define list_next_rcu(ptr, pos, member)					\
({									\
	struct list_head *next_ = smp_load_acquire(&(ptr)->next);	\
									\
	native_rcu_linger();						\
	list_entry(next_, pos, member);					\
})

#define list_for_each_entry_rcu(pos, head, member)			\
	for ((pos) = list_next_rcu(head, pos, member);			\
	     &(pos)->member != (head);					\
	     (pos) = list_next_rcu(&(pos)->member, pos, member))

#endif /* _NATIVE_LINUX_RCULIST_H */
