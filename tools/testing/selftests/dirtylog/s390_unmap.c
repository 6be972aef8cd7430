// SPDX-License-Identifier: GPL-2.0
/*
 * GET beside munmap() of guest memory: the guest's next store comes to an end, and is
 * logged. A pass that looks at a segment while its page table is freed must not give
 * the gmap another one, in which the guest faults for ever.
 *
 * Chance decides whether the two meet, in some tens of rounds.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		SEGMENT_PAGES
#define SIZE		(PAGES * PAGE)
#define ROUNDS		1000
#define STUCK_S		10

static struct guest guest;
static bool stop;

static void *get(void *unused)
{
	uint8_t bitmap[LOG_BYTES(PAGES)];

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (guest_get(&guest, DATA_SLOT, bitmap))
			guest_die("KVM_GET_DIRTY_LOG");
	}
	return NULL;
}

static void interrupt(int sig)
{
}

/* The guest stores to a page, and comes back. */
static bool goes_on(uint32_t value)
{
	int r;

	guest_aim(&guest, GUEST_GPA + 5 * PAGE, 1, 1, value);
	alarm(STUCK_S);
	r = guest_enter(&guest);
	alarm(0);
	if (r != guest_exit && r != -EINTR)
		ksft_exit_fail_msg("KVM_RUN: exit reason or error %d\n", r);
	return r == guest_exit;
}

int main(void)
{
	struct sigaction action = { .sa_handler = interrupt };
	uint8_t bitmap[LOG_BYTES(PAGES)];
	unsigned int round = 0;
	pthread_t getter;
	uint8_t *data;
	sigset_t set;
	bool ok;

	ksft_print_header();
	guest_open();
	ksft_set_plan(1);
	data = guest_map(SIZE);
	guest_make(&guest, GUEST_GPA, data, SIZE, KVM_MEM_LOG_DIRTY_PAGES);
	sigaction(SIGALRM, &action, NULL);
	/* The alarm is for the thread that runs the guest. */
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (pthread_create(&getter, NULL, get, NULL))
		guest_die("pthread_create");
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	do {
		ok = goes_on(++round);
		if (mmap(data, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
			 MAP_NORESERVE | MAP_FIXED, -1, 0) != data)
			guest_die("mmap");
	} while (ok && round < ROUNDS);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(getter, NULL);
	if (!ok)
		ksft_print_msg("the guest does not come back in round %u\n", round);
	ksft_test_result(ok && goes_on(++round) &&
			 guest_reported(&guest, DATA_SLOT, bitmap, PAGES) <= PAGES &&
			 guest_bit(bitmap, 5),
			 "the guest goes on, and is logged, after munmap beside GET\n");
	guest_free(&guest);
	ksft_finished();
}
