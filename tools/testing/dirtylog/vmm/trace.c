// SPDX-License-Identifier: GPL-2.0
/*
 * What the dirty log library says of itself: tracepoints and counters.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "precopy.h"

#define TRACING		"/sys/kernel/tracing"
#define DEBUG		"/sys/kernel/debug"
#define LINES		12

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(EXIT_BAD_INPUT, "--trace: %s: %s", path, strerror(errno));
	close(fd);
}

void trace_start(void)
{
	/* Both may be there already. */
	mount("tracefs", TRACING, "tracefs", 0, NULL);
	mount("debugfs", DEBUG, "debugfs", 0, NULL);
	put(DEBUG "/dirtylog/enable", "1");
	put(TRACING "/events/dirtylog/dirtylog_pass/enable", "1");
	put(TRACING "/events/dirtylog/dirtylog_flush/enable", "1");
	put(TRACING "/events/dirtylog/dirtylog_relax/enable", "1");
}

/* The last lines of a file that are no comments */
static void show(const char *path)
{
	char line[LINES][256];
	unsigned int n = 0, i;
	FILE *file = fopen(path, "r");

	if (!file)
		die(EXIT_BAD_INPUT, "--trace: %s: %s", path, strerror(errno));
	while (fgets(line[n % LINES], sizeof(line[0]), file))
		if (line[n % LINES][0] != '#')
			n++;
	fclose(file);
	printf("%s%s:\n", path, n > LINES ? ", the last lines" : "");
	for (i = n > LINES ? n - LINES : 0; i < n; i++)
		printf("  %s", line[i % LINES]);
}

void trace_show(void)
{
	show(TRACING "/trace");
	show(DEBUG "/dirtylog/stats");
	printf("\n");
	put(TRACING "/trace", "");
}
