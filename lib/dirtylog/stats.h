/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an administrator sees: counters in debugfs. While counting is off, each
 * place that would count is a nop.
 */
#ifndef _LIB_DIRTYLOG_STATS_H
#define _LIB_DIRTYLOG_STATS_H

#include <linux/dirtylog.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>

struct seq_file;

#ifdef CONFIG_DIRTYLOG_STATS

DECLARE_STATIC_KEY_FALSE(dirtylog_stats_key);

static inline bool dirtylog_counting(void)
{
	return static_branch_unlikely(&dirtylog_stats_key);
}

/* Any context: per CPU, and a single instruction where there is one. */
static inline void dirtylog_count_marks(struct dirtylog *log, unsigned long nr)
{
	if (dirtylog_counting())
		this_cpu_add(*log->marks, nr);
}

/**
 * dirtylog_stats_add() - list a log
 * @log:	the log
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int dirtylog_stats_add(struct dirtylog *log);

/**
 * dirtylog_stats_remove() - take a log out of the list
 * @log:	the log; its trackers may be freed when this has returned
 *
 * Context: may sleep.
 */
void dirtylog_stats_remove(struct dirtylog *log);

/**
 * dirtylog_stats_name() - name a log in the list
 * @log:	the log
 * @fmt:	as for vprintf()
 * @args:	for @fmt
 *
 * Context: may sleep.
 */
__printf(2, 0)
void dirtylog_stats_name(struct dirtylog *log, const char *fmt, va_list args);

/**
 * dirtylog_stats_enable() - turn counting on or off
 * @on:	which
 *
 * Counters keep what they have.
 *
 * Context: may sleep.
 */
void dirtylog_stats_enable(bool on);

/**
 * dirtylog_stats_show() - the lines of one log and its trackers
 * @m:		where to
 * @log:	a log that cannot go away meanwhile
 *
 * Context: any.
 */
void dirtylog_stats_show(struct seq_file *m, struct dirtylog *log);

#else /* !CONFIG_DIRTYLOG_STATS */

static inline bool dirtylog_counting(void)
{
	return false;
}

static inline void dirtylog_count_marks(struct dirtylog *log, unsigned long nr)
{
}

static inline int dirtylog_stats_add(struct dirtylog *log)
{
	return 0;
}

static inline void dirtylog_stats_remove(struct dirtylog *log)
{
}

static inline __printf(2, 0)
void dirtylog_stats_name(struct dirtylog *log, const char *fmt, va_list args)
{
}

#endif /* CONFIG_DIRTYLOG_STATS */

/* Add to a counter of a log or a tracker, with the harvest lock held. */
static inline void dirtylog_count(unsigned long *counter, unsigned long nr)
{
	if (dirtylog_counting())
		WRITE_ONCE(*counter, *counter + nr);
}

#endif /* _LIB_DIRTYLOG_STATS_H */
