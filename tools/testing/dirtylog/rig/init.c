// SPDX-License-Identifier: GPL-2.0
/*
 * The first process of a guest for which there is no busybox: runs the lines of
 * /rig/list, SECONDS TEST ARGUMENTS..., one by one, and tells how they ended, in the
 * words of ./init and ./selftests-run.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORDS	32

/* Where no kernel message can get between the lines: SCLP's line mode. */
#define LINE		"/dev/sclp_line0"

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0) {
		if (write(fd, text, strlen(text)) < 0)
			perror(path);
		close(fd);
	}
}

static void get(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, to, size - 1);

	to[n > 0 ? n : 0] = 0;
	to[strcspn(to, "\n")] = 0;
	if (fd >= 0)
		close(fd);
}

static long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 100 + ts.tv_nsec / 10000000;
}

/* The exit status as a shell would say it. */
static int run(unsigned int seconds, char **argv)
{
	long until = now() + seconds * 100L;
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		execv(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (now() > until)
			kill(-pid, SIGKILL);
		usleep(5000);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void run_line(unsigned int nr, char *line)
{
	unsigned int seconds = strtoul(line, &line, 10), n = 0;
	char path[256], *argv[MAX_WORDS + 1];
	long start;
	int rc;

	line += strspn(line, " \t");
	printf("RIG-TEST: %u %s\n", nr, line);
	snprintf(path, sizeof(path), "rig: test %u: %s\n", nr, line);
	put("/dev/kmsg", path);
	while (n < MAX_WORDS && (argv[n] = strtok(n ? NULL : line, " \t")))
		n++;
	argv[n] = NULL;
	snprintf(path, sizeof(path), "/rig/%s", argv[0]);
	argv[0] = path;
	start = now();
	rc = run(seconds, argv);
	printf("\nRIG-DONE: %u %d %ld\n", nr, rc, now() - start);
}

int main(void)
{
	char line[1024], pgste[16], hpage[16], taint[32];
	unsigned int nr = 0;
	FILE *list;
	int fd;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	mkdir("/dev/shm", 0777);
	mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	fd = open(LINE, O_RDWR);
	if (fd >= 0) {
		dup2(fd, 1);
		dup2(fd, 2);
	}
	dup2(open("/dev/null", O_RDONLY), 0);
	setvbuf(stdout, NULL, _IOLBF, 0);

	get("/proc/sys/vm/allocate_pgste", pgste, sizeof(pgste));
	get("/sys/module/kvm/parameters/soft_sie_hpage", hpage, sizeof(hpage));
	printf("RIG-MODE: pgste=%s hpage=%s\n", pgste, hpage);
	if (chdir("/rig"))
		perror("/rig");
	list = fopen("list", "r");
	while (list && fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = 0;
		run_line(++nr, line);
	}
	get("/proc/sys/kernel/tainted", taint, sizeof(taint));
	printf("\nRIG-EXIT: %d TAINT: %s\n", !list, taint);
	fflush(NULL);
	tcdrain(1);
	sleep(1);
	reboot(RB_POWER_OFF);
	return 0;
}
