// SPDX-License-Identifier: GPL-2.0
/*
 * The log of a slot of 1 TiB, with every page dirty: GET and CLEAR have 2^28 pages to
 * protect. Who is killed meanwhile is gone soon, and another process that has the VM's
 * memory finds what was dirty.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest.h"

/* The guest physical addresses that TCG has. */
#define PAGES		0x10000000UL

static struct guest guest;
static void *bitmap;
static bool clears;

static int call(void)
{
	return clears ? guest_clear(&guest, DATA_SLOT, 0, PAGES, bitmap) :
			guest_get(&guest, DATA_SLOT, bitmap);
}

/* A process with our memory, or it could not call. Says when it does, and when it is back. */
static int child(void *says)
{
	int fd = *(int *)says;

	if (write(fd, "", 1) != 1 || call())
		return 1;
	return write(fd, "", 1) != 1;
}

static void start(void)
{
	guest_make_vm(&guest);
	memset(bitmap, 0xff, LOG_BYTES(PAGES));
	if (guest_manual_protect(&guest, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE |
					 KVM_DIRTY_LOG_INITIALLY_SET) ||
	    guest_set_slot(&guest, DATA_SLOT, 0, guest_map(PAGES * PAGE),
			   PAGES * PAGE, KVM_MEM_LOG_DIRTY_PAGES) ||
	    /* So that GET takes. */
	    (!clears && guest_manual_protect(&guest, 0)))
		guest_die("slot of 1 TiB");
}

static unsigned long ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Milliseconds that the call takes, or from the signal to the end, for who is killed
 * @after so many.
 */
static unsigned long run(unsigned long after)
{
	static long double stack[4096];
	unsigned long since;
	int says[2], status;
	pid_t pid;
	char c;

	start();
	if (pipe(says))
		guest_die("pipe");
	pid = clone(child, stack + ARRAY_SIZE(stack), CLONE_VM | SIGCHLD, &says[1]);
	if (pid < 0)
		guest_die("clone");
	close(says[1]);
	if (read(says[0], &c, 1) != 1)
		guest_die("read");
	since = ms();
	if (after) {
		usleep(after * 1000);
		since = ms();
		kill(pid, SIGKILL);
	}
	if (read(says[0], &c, 1) != !after)
		ksft_exit_fail_msg("%s\n", after ? "too fast" : "failed");
	since = ms() - since;
	close(says[0]);
	if (waitpid(pid, &status, 0) != pid)
		guest_die("waitpid");
	return since;
}

static void test(bool clear)
{
	const char *name = clear ? "CLEAR" : "GET";
	unsigned long whole, killed;

	clears = clear;
	whole = run(0);
	guest_free(&guest);
	killed = run(whole / 8 + 1);
	ksft_print_msg("%s: %lu ms, or %lu after the signal\n", name, whole, killed);
	ksft_test_result(killed < whole / 4, "%s of 2^28 pages is killed\n", name);
	if (!clear)
		ksft_test_result(guest_reported(&guest, DATA_SLOT, bitmap, PAGES) == PAGES,
				 "GET: nothing lost\n");
	guest_free(&guest);
}

int main(void)
{
	ksft_print_header();
	guest_open();
	bitmap = guest_map(LOG_BYTES(PAGES));
	ksft_set_plan(3);
	test(false);
	test(true);
	ksft_finished();
}
