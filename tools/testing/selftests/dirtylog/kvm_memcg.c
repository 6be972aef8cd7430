// SPDX-License-Identifier: GPL-2.0
/*
 * The record of a log is accounted to the memory cgroup of who started the log,
 * and a group without room for it gets -ENOMEM and a slot as it was before.
 *
 * A task that may be killed would be: its group's OOM killer comes first, as it
 * does for any allocation of this kind. Hence oom_score_adj.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest.h"

/* 64 GiB, never populated: a record of 2 MiB. */
#define PAGES		0x1000000UL
#define RECORD		(PAGES / 8)
/* What CPUs may have charged ahead, and small things. */
#define SLACK		(RECORD / 4)
/* The kernel sums up memory.stat every two seconds, if not at once. */
#define PATIENCE_MS	5000
#define CGROUPS		"/tmp/dirtylog-cgroup"
#define GROUP		CGROUPS "/kvm_memcg"

#define CONSOLE_OFF	6
#define CONSOLE_ON	7

static struct guest guest;
static uint8_t *bitmap;
static void *data;

static void need(bool ok, const char *what)
{
	if (!ok)
		ksft_exit_fail_msg("%s: %s\n", what, strerror(errno));
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text),
	     path);
	close(fd);
}

static long number(const char *name, const char *format)
{
	char path[256], line[256];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), GROUP "/%s", name);
	file = fopen(path, "r");
	need(file, path);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, format, &value) == 1)
			break;
	fclose(file);
	need(value >= 0, path);
	return value;
}

static long usage(void)
{
	return number("memory.current", "%ld");
}

static long in_vmalloc(void)
{
	return number("memory.stat", "vmalloc %ld");
}

/* What @get says becomes @by bytes more than @before, give or take a little. */
static bool grown(long (*get)(void), long before, long by, const char *what)
{
	long more;
	int ms;

	for (ms = 0; ms < PATIENCE_MS; ms += 50) {
		more = get() - before;
		if (labs(more - by) < (long)SLACK)
			break;
		usleep(50000);
	}
	ksft_print_msg("%s: %ld KiB more\n", what, more / 1024);
	return labs(more - by) < (long)SLACK;
}

static int set_log(uint32_t flags)
{
	return guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, PAGES * PAGE,
			      flags);
}

static void set_max(const char *text)
{
	put(GROUP "/memory.max", text);
}

/* The guest's stores arrive in memory; while the log is on, in the bitmap too. */
static bool works(bool logs)
{
	uint32_t before = *(uint32_t *)data;

	guest_run(&guest);
	if (*(uint32_t *)data == before)
		return false;
	if (!logs)
		return guest_get(&guest, DATA_SLOT, bitmap) == ENOENT;
	/* GET clears it piece by piece. */
	memset(bitmap, 0xff, RECORD);
	return !guest_get(&guest, DATA_SLOT, bitmap) &&
	       guest_count(bitmap, PAGES) == GUEST_PAGES;
}

static void test_accounted(void)
{
	long current = usage(), vmalloc = in_vmalloc();

	need(!set_log(KVM_MEM_LOG_DIRTY_PAGES), "start");
	ksft_test_result(grown(usage, current, RECORD, "memory.current"),
			 "start: the record's %lu KiB are charged\n",
			 RECORD / 1024);
	ksft_test_result(grown(in_vmalloc, vmalloc, RECORD, "vmalloc"),
			 "start: as vmalloc\n");
	ksft_test_result(works(true), "the slot logs\n");

	current = usage();
	vmalloc = in_vmalloc();
	need(!set_log(0), "stop");
	ksft_test_result(grown(usage, current, -(long)RECORD, "memory.current"),
			 "stop: and given back\n");
	ksft_test_result(grown(in_vmalloc, vmalloc, -(long)RECORD, "vmalloc"),
			 "stop: as vmalloc\n");
}

static void test_no_room(void)
{
	char text[32];
	long before = in_vmalloc();
	int r;

	snprintf(text, sizeof(text), "%ld", usage() + (long)(RECORD / 2));
	/* The OOM killer, which finds nobody, says so at length. */
	klogctl(CONSOLE_OFF, NULL, 0);
	set_max(text);
	r = set_log(KVM_MEM_LOG_DIRTY_PAGES);
	set_max("max");
	klogctl(CONSOLE_ON, NULL, 0);
	ksft_test_result(r == ENOMEM, "no room: ENOMEM: %s\n", strerror(r));
	ksft_test_result(grown(in_vmalloc, before, 0, "vmalloc"),
			 "no room: nothing left behind\n");
	ksft_test_result(works(false), "no room: the slot is as before\n");
	ksft_test_result(!set_log(KVM_MEM_LOG_DIRTY_PAGES) && works(true),
			 "room again: the slot logs\n");
}

int main(void)
{
	ksft_print_header();
	guest_open();
	mkdir(CGROUPS, 0755);
	if (mount("none", CGROUPS, "cgroup2", 0, NULL))
		ksft_exit_skip("no cgroup2: %s\n", strerror(errno));
	if (access(CGROUPS "/cgroup.controllers", R_OK) ||
	    system("grep -qw memory " CGROUPS "/cgroup.controllers"))
		ksft_exit_skip("no memory controller\n");
	put(CGROUPS "/cgroup.subtree_control", "+memory");
	need(!mkdir(GROUP, 0755) || errno == EEXIST, GROUP);
	put(GROUP "/cgroup.procs", "0");
	put("/proc/self/oom_score_adj", "-1000");

	data = guest_map(PAGES * PAGE);
	bitmap = guest_map(RECORD);
	memset(bitmap, 0, RECORD);
	guest_make(&guest, GUEST_GPA, data, PAGES * PAGE, 0);
	need(works(false), "the guest");

	ksft_set_plan(9);
	test_accounted();
	test_no_room();
	guest_free(&guest);
	put(CGROUPS "/cgroup.procs", "0");
	rmdir(GROUP);
	umount(CGROUPS);
	ksft_finished();
}
