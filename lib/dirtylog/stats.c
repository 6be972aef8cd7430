// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of logs and trackers, in debugfs: dirtylog/enable, dirtylog/stats.
 */
#include <linux/debugfs.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "stats.h"

DEFINE_STATIC_KEY_FALSE(dirtylog_stats_key);

/*
 * All logs. Innermost: whoever reads the list may find a log in the middle of a
 * pass that sleeps, and must not make the others wait for it.
 */
static LIST_HEAD(logs);
static DEFINE_MUTEX(logs_lock);

int dirtylog_stats_add(struct dirtylog *log)
{
	KUNIT_STATIC_STUB_REDIRECT(dirtylog_stats_add, log);

	log->marks = alloc_percpu_gfp(unsigned long, GFP_KERNEL_ACCOUNT);
	if (!log->marks)
		return -ENOMEM;

	mutex_lock(&logs_lock);
	list_add_tail(&log->stats.node, &logs);
	mutex_unlock(&logs_lock);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_stats_add);

void dirtylog_stats_remove(struct dirtylog *log)
{
	mutex_lock(&logs_lock);
	list_del(&log->stats.node);
	mutex_unlock(&logs_lock);
	free_percpu(log->marks);
	log->marks = NULL;
}

void dirtylog_stats_name(struct dirtylog *log, const char *fmt, va_list args)
{
	mutex_lock(&logs_lock);
	vscnprintf(log->stats.name, sizeof(log->stats.name), fmt, args);
	mutex_unlock(&logs_lock);
}

void dirtylog_stats_enable(bool on)
{
	if (on)
		static_branch_enable(&dirtylog_stats_key);
	else
		static_branch_disable(&dirtylog_stats_key);
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_stats_enable);

static unsigned long sum_marks(const struct dirtylog *log)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(log->marks, cpu));
	return sum;
}

void dirtylog_stats_show(struct seq_file *m, struct dirtylog *log)
{
	const struct dirtylog_log_stats *s = &log->stats;
	struct dirtylog_tracker *tracker;

	seq_printf(m, "log %p pages %lu marks %lu batches %lu frames %lu relaxes %lu flushes %lu name %s\n",
		   log, log->nr_pages, sum_marks(log), READ_ONCE(s->batches),
		   READ_ONCE(s->frames), READ_ONCE(s->relaxes),
		   READ_ONCE(s->flushes), s->name[0] ? s->name : "-");

	/* Pairs with synchronize_rcu() in dirtylog_detach(). */
	rcu_read_lock();
	list_for_each_entry_rcu(tracker, &log->trackers, node) {
		const struct dirtylog_tracker_stats *t = &tracker->stats;

		seq_printf(m, "tracker %p order %u live %d harvests %lu peeks %lu rearms %lu shown %lu taken %lu put_back %lu failed %lu\n",
			   tracker, tracker->order, READ_ONCE(tracker->live),
			   READ_ONCE(t->passes[DIRTYLOG_PASS_HARVEST]),
			   READ_ONCE(t->passes[DIRTYLOG_PASS_PEEK]),
			   READ_ONCE(t->passes[DIRTYLOG_PASS_REARM]),
			   READ_ONCE(t->shown), READ_ONCE(t->taken),
			   READ_ONCE(t->put_back), READ_ONCE(t->failed));
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_IF_KUNIT(dirtylog_stats_show);

static void *logs_start(struct seq_file *m, loff_t *pos)
{
	mutex_lock(&logs_lock);
	return seq_list_start(&logs, *pos);
}

static void *logs_next(struct seq_file *m, void *v, loff_t *pos)
{
	return seq_list_next(v, &logs, pos);
}

static void logs_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&logs_lock);
}

static int logs_show(struct seq_file *m, void *v)
{
	dirtylog_stats_show(m, list_entry(v, struct dirtylog, stats.node));
	return 0;
}

static const struct seq_operations stats_sops = {
	.start	= logs_start,
	.next	= logs_next,
	.stop	= logs_stop,
	.show	= logs_show,
};

DEFINE_SEQ_ATTRIBUTE(stats);

static int enable_get(void *data, u64 *on)
{
	*on = static_key_enabled(&dirtylog_stats_key);
	return 0;
}

static int enable_set(void *data, u64 on)
{
	if (on > 1)
		return -EINVAL;
	dirtylog_stats_enable(on);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(enable_fops, enable_get, enable_set, "%llu\n");

static int __init dirtylog_debugfs_init(void)
{
	struct dentry *dir = debugfs_create_dir("dirtylog", NULL);

	debugfs_create_file_unsafe("enable", 0600, dir, NULL, &enable_fops);
	debugfs_create_file("stats", 0400, dir, NULL, &stats_fops);
	return 0;
}
late_initcall(dirtylog_debugfs_init);
