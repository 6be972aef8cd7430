// SPDX-License-Identifier: GPL-2.0
/*
 * The log of a slot of 1 TiB, with every page dirty: GET and CLEAR have 2^28 pages to
 * protect. Who is killed meanwhile is gone soon.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest.h"

/* The guest physical addresses that TCG has. */
#define PAGES		0x10000000UL

static void *map(size_t size, int prot)
{
	void *p = mmap(NULL, size, prot,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		guest_die("mmap");
	return p;
}

/* Says when it calls, and when it is back. */
static void child(bool clear, int says)
{
	struct guest guest;
	void *bitmap;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	guest_make_vm(&guest);
	bitmap = map(LOG_BYTES(PAGES), PROT_READ | PROT_WRITE);
	memset(bitmap, 0xff, LOG_BYTES(PAGES));
	if (guest_manual_protect(&guest, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE |
					 KVM_DIRTY_LOG_INITIALLY_SET) ||
	    guest_set_slot(&guest, DATA_SLOT, 0, map(PAGES * PAGE, PROT_NONE),
			   PAGES * PAGE, KVM_MEM_LOG_DIRTY_PAGES) ||
	    /* So that GET protects. */
	    (!clear && guest_manual_protect(&guest, 0)))
		_exit(1);
	if (write(says, "", 1) != 1)
		_exit(1);
	if (clear ? guest_clear(&guest, DATA_SLOT, 0, PAGES, bitmap) :
		    guest_get(&guest, DATA_SLOT, bitmap))
		_exit(1);
	_exit(write(says, "", 1) != 1);
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
static unsigned long run(bool clear, unsigned long after)
{
	const char *name = clear ? "CLEAR" : "GET";
	unsigned long since;
	int says[2], status;
	pid_t pid;
	char c;

	if (pipe(says))
		guest_die("pipe");
	pid = fork();
	if (pid < 0)
		guest_die("fork");
	if (!pid) {
		close(says[0]);
		child(clear, says[1]);
	}
	close(says[1]);
	if (read(says[0], &c, 1) != 1)
		ksft_exit_fail_msg("%s: no slot of 1 TiB\n", name);
	since = ms();
	if (after) {
		usleep(after * 1000);
		since = ms();
		kill(pid, SIGKILL);
	}
	if (read(says[0], &c, 1) != !after)
		ksft_exit_fail_msg("%s: %s\n", name, after ? "too fast" : "failed");
	since = ms() - since;
	close(says[0]);
	if (waitpid(pid, &status, 0) != pid)
		guest_die("waitpid");
	return since;
}

static void test(bool clear)
{
	const char *name = clear ? "CLEAR" : "GET";
	unsigned long whole = run(clear, 0), killed = run(clear, whole / 8 + 1);

	ksft_print_msg("%s: %lu ms, or %lu after the signal\n", name, whole, killed);
	ksft_test_result(killed < whole / 4, "%s of 2^28 pages is killed\n", name);
}

int main(void)
{
	ksft_print_header();
	guest_open();
	ksft_set_plan(2);
	test(false);
	test(true);
	ksft_finished();
}
