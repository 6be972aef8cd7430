/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_LINUX_LIST_H
#define _NATIVE_LINUX_LIST_H

#include <linux/kernel.h>

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	entry->prev = head->prev;
	entry->next = head;
	entry->prev->next = entry;
	head->prev = entry;
}

static inline void list_del_init(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	INIT_LIST_HEAD(entry);
}

#define list_entry(ptr, pos, member)	container_of(ptr, typeof(*(pos)), member)

#define list_for_each_entry(pos, head, member)				\
	for ((pos) = list_entry((head)->next, pos, member);		\
	     &(pos)->member != (head);					\
	     (pos) = list_entry((pos)->member.next, pos, member))

#define list_for_each_entry_safe(pos, n, head, member)			\
	for ((pos) = list_entry((head)->next, pos, member),		\
	     (n) = list_entry((pos)->member.next, pos, member);		\
	     &(pos)->member != (head);					\
	     (pos) = (n), (n) = list_entry((n)->member.next, n, member))

#endif /* _NATIVE_LINUX_LIST_H */
