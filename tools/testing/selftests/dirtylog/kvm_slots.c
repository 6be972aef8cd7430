// SPDX-License-Identifier: GPL-2.0
/*
 * Slots come, go and move, and start and stop to log, while their logs are read
 * and a vCPU writes. The ioctls return what they may, and while a slot logs, moved
 * or not, no write is missed.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest.h"

#define PAGES		640UL
#define BYTES		LOG_BYTES(PAGES)
#define SIZE		(PAGES * PAGE)
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define MANUAL		KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
#define INITIALLY_SET	(MANUAL | KVM_DIRTY_LOG_INITIALLY_SET)

/* Where the slot may be: apart, and each at another place in its page table. */
static const uint64_t places[] = { 0x100000, 0x801000, 0x10ff000 };

#define STORM_MS	3000
#define PURSUIT_MS	3000
#define PATIENCE_MS	15000

/*
 * Up to so many microseconds between two changes of a slot. Each change throws all
 * page tables away: without a pause, on a busy machine, a vCPU never gets to the end
 * of a fault.
 */
#define PAUSE_US	1000

static struct guest guest;
static uint8_t *data;
static uint8_t bitmap[BYTES];
static bool stop;

static bool done(void)
{
	return __atomic_load_n(&stop, __ATOMIC_SEQ_CST);
}

static int set_slot(unsigned int place, uint32_t flags)
{
	return guest_set_slot(&guest, DATA_SLOT, places[place], data, SIZE, flags);
}

static int delete_slot(void)
{
	return guest_set_slot(&guest, DATA_SLOT, 0, NULL, 0, 0);
}

static void make_guest(uint64_t protect, uint32_t flags)
{
	memset(data, 0, SIZE);
	stop = false;
	guest_make_vm(&guest);
	if (guest_manual_protect(&guest, protect))
		ksft_exit_fail_msg("manual protect\n");
	guest_make_code(&guest);
	if (set_slot(0, flags))
		ksft_exit_fail_msg("slot\n");
	guest_make_vcpu(&guest);
}

/* Does the machine itself run in QEMU, without KVM of the host? */
static bool emulated(void)
{
	char line[256];
	bool found = false;
	FILE *file = fopen("/proc/cpuinfo", "r");

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, "QEMU TCG");
	if (file)
		fclose(file);
	return found;
}

/*
 * Under QEMU's TCG, in about one of a thousand storms, a vCPU goes astray, which is not
 * understood: it fetches from the page behind its code. Where no memory is, KVM either
 * reports an internal error or tries again for ever. A second time is an error.
 */
static bool excused(const char *what, int reason)
{
	static unsigned int nr;
	struct kvm_vcpu_events events = {};
	struct kvm_regs regs = {};

	ioctl(guest.vcpu, KVM_GET_REGS, &regs);
	ioctl(guest.vcpu, KVM_GET_VCPU_EVENTS, &events);
	ksft_print_msg("%s%s: rip %#llx, rcx %#llx, rdx %#llx, rdi %#llx; exception %u, %u: %u\n",
		       what, guest_detail(&guest, reason), (unsigned long long)regs.rip,
		       (unsigned long long)regs.rcx, (unsigned long long)regs.rdx,
		       (unsigned long long)regs.rdi, events.exception.injected,
		       events.exception.pending, events.exception.nr);
	if (!emulated() || nr++)
		return false;
	memset(&events, 0, sizeof(events));
	ioctl(guest.vcpu, KVM_SET_VCPU_EVENTS, &events);
	return true;
}

/*
 * Store to one page, wherever the slot is now. True if it was memory; where there
 * is none, the guest finds a device. The vCPU is out of the guest on return.
 */
static bool store(unsigned int place, unsigned long page, uint32_t value,
		  const char **why)
{
	bool memory = true;
	int r;

	guest_aim(&guest, places[place] + page * PAGE, 1, 1, value);
	for (;;) {
		r = guest_enter(&guest);
		if (r == KVM_EXIT_IO)
			return memory;
		if (r == KVM_EXIT_MMIO) {
			memory = false;
		} else if (r == KVM_EXIT_INTERNAL_ERROR && excused("internal error", r)) {
			memory = true;
			guest_aim(&guest, places[place] + page * PAGE, 1, 1, value);
		} else if (r == -EINTR && done() && excused("the vCPU does not get on", r)) {
			return false;
		} else if (r != -EAGAIN && (r != -EINTR || done())) {
			static char text[450];

			snprintf(text, sizeof(text), "KVM_RUN: %d%s", r,
				 guest_detail(&guest, r));
			*why = text;
			return false;
		}
	}
}

/* What a thread did, and what it should not have seen. */
struct worker {
	pthread_t thread;
	void (*run)(struct worker *worker);
	unsigned long ok, other;
	const char *why;
};

static void *work(void *arg)
{
	struct worker *worker = arg;

	worker->run(worker);
	return NULL;
}

static void start(struct worker *worker)
{
	if (pthread_create(&worker->thread, NULL, work, worker))
		ksft_exit_fail_msg("no thread\n");
}

static void kick(int signal)
{
}

/* Of a thread that does not end, after a while, system calls are interrupted. */
static void end(struct worker *worker)
{
	unsigned int left = PATIENCE_MS;

	while (pthread_tryjoin_np(worker->thread, NULL)) {
		if (left)
			left--;
		else
			pthread_kill(worker->thread, SIGUSR1);
		usleep(1000);
	}
}

/*
 * For @ms, and then, on a machine that is slow or busy, until each has done
 * something, or for too long.
 */
static void join(struct worker *workers, unsigned int nr, unsigned int ms)
{
	unsigned int i, left = PATIENCE_MS;

	usleep(ms * 1000);
	for (i = 0; i < nr; i++) {
		while (!__atomic_load_n(&workers[i].ok, __ATOMIC_RELAXED) &&
		       !__atomic_load_n(&workers[i].why, __ATOMIC_RELAXED) && left) {
			usleep(1000);
			left--;
		}
	}
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < nr; i++)
		end(&workers[i]);
}

/* Counts 0 and ENOENT, the only ones there can be. */
static void expect(struct worker *worker, int r, const char *what)
{
	if (!r)
		worker->ok++;
	else if (r == ENOENT)
		worker->other++;
	else
		worker->why = what;
}

static void storm_get(struct worker *worker)
{
	uint8_t bits[BYTES];

	while (!done())
		expect(worker, guest_get(&guest, DATA_SLOT, bits), "GET");
}

static void storm_clear(struct worker *worker)
{
	uint8_t bits[BYTES];
	unsigned int state = 7;
	unsigned long first;

	memset(bits, 0xff, sizeof(bits));
	while (!done()) {
		first = 64 * guest_rnd(&state, PAGES / 64);
		expect(worker, guest_clear(&guest, DATA_SLOT, first, PAGES - first,
					   bits), "CLEAR");
	}
}

static void storm_write(struct worker *worker)
{
	unsigned int state = 3;
	uint32_t value = 0;

	while (!done() && !worker->why) {
		unsigned int place = guest_rnd(&state, ARRAY_SIZE(places));

		if (store(place, guest_rnd(&state, PAGES), ++value, &worker->why))
			worker->ok++;
		else
			worker->other++;
	}
}

/* Any legal change. ok counts those of flags and place, other the deletions. */
static void storm_slots(struct worker *worker)
{
	uint32_t flags = LOG;
	unsigned int state = 5, place = 0, next;
	bool there = true;
	int r;

	while (!done() && !worker->why) {
		usleep(guest_rnd(&state, PAUSE_US));
		switch (guest_rnd(&state, 4)) {
		case 0:
			r = there ? delete_slot() : set_slot(place, flags);
			there = !there;
			worker->other++;
			break;
		case 1:
			next = guest_rnd(&state, ARRAY_SIZE(places));
			r = set_slot(next, flags);
			place = next;
			there = true;
			worker->ok++;
			break;
		case 2:
			flags ^= LOG;
			r = set_slot(place, flags);
			there = true;
			worker->ok++;
			break;
		default:
			/* Both at once. */
			flags ^= LOG;
			place = guest_rnd(&state, ARRAY_SIZE(places));
			r = set_slot(place, flags);
			there = true;
			worker->ok++;
			break;
		}
		if (r)
			worker->why = strerror(r);
	}
}

static void test_storm(const char *name, uint64_t protect)
{
	struct worker workers[] = {
		{ .run = storm_slots },
		{ .run = storm_write },
		{ .run = storm_get },
		{ .run = storm_clear },
	};
	const unsigned int nr = protect ? 4 : 3;
	unsigned int i;
	bool ok = true;

	make_guest(protect, LOG);
	for (i = 0; i < nr; i++)
		start(&workers[i]);
	join(workers, nr, STORM_MS);
	for (i = 0; i < nr; i++) {
		if (workers[i].why)
			ksft_print_msg("%s\n", workers[i].why);
		ok = ok && !workers[i].why;
	}
	ksft_print_msg("%lu changes, %lu deletions or creations\n",
		       workers[0].ok, workers[0].other);
	ksft_print_msg("%lu stores to memory, %lu to nothing\n", workers[1].ok,
		       workers[1].other);
	ksft_print_msg("GET: %lu, %lu ENOENT; CLEAR: %lu, %lu ENOENT\n",
		       workers[2].ok, workers[2].other, workers[3].ok,
		       workers[3].other);
	ksft_test_result(ok, "%s: a storm of changes\n", name);
	for (i = 0; i < nr; i++)
		ok = ok && workers[i].ok;
	ksft_test_result(ok, "%s: all took part in it\n", name);
	guest_free(&guest);
}

/*
 * A slot that logs all the time and moves, and a reader that copies what is
 * reported. The writer says which page it is about to store to, then, when the
 * vCPU is out of the guest, that it has. What it has said before a GET has to be
 * reported by that one; what it says during a GET, by that one or the next. Of a
 * page that is announced when a GET ends nobody knows until after the next one.
 */
static uint8_t stored[PAGES];
static long current = -1;
static uint32_t copy[PAGES];
static unsigned long lost, checked;
static bool manual;

static void pursuit_write(struct worker *worker)
{
	unsigned int state = 9;
	uint32_t value = 0;

	while (!done() && !worker->why) {
		unsigned int place = guest_rnd(&state, ARRAY_SIZE(places));
		unsigned long page = guest_rnd(&state, PAGES);

		__atomic_store_n(&current, page, __ATOMIC_SEQ_CST);
		if (store(place, page, ++value, &worker->why)) {
			__atomic_store_n(&stored[page], 1, __ATOMIC_SEQ_CST);
			worker->ok++;
		} else {
			worker->other++;
		}
	}
	__atomic_store_n(&current, -1, __ATOMIC_SEQ_CST);
}

static void pursuit_move(struct worker *worker)
{
	unsigned int state = 11;
	int r;

	while (!done() && !worker->why) {
		usleep(guest_rnd(&state, PAUSE_US));
		r = set_slot(guest_rnd(&state, ARRAY_SIZE(places)), LOG);
		if (r)
			worker->why = strerror(r);
		worker->ok++;
	}
}

static uint32_t load(unsigned long page)
{
	return __atomic_load_n((uint32_t *)(data + page * PAGE), __ATOMIC_SEQ_CST);
}

static const char *harvest(void)
{
	static uint8_t due[PAGES];
	static long excused = -1;
	unsigned long i;
	long before;

	for (i = 0; i < PAGES; i++)
		due[i] |= __atomic_exchange_n(&stored[i], 0, __ATOMIC_SEQ_CST);
	if (guest_get(&guest, DATA_SLOT, bitmap))
		return "GET";
	if (manual && guest_clear(&guest, DATA_SLOT, 0, PAGES, bitmap))
		return "CLEAR";
	for (i = 0; i < PAGES; i++) {
		if (guest_bit(bitmap, i)) {
			copy[i] = load(i);
		} else if (due[i] && (long)i != excused) {
			if (!lost++)
				ksft_print_msg("page %lu was stored to and is not reported\n",
					       i);
		}
		checked += due[i];
	}
	before = excused;
	excused = __atomic_load_n(&current, __ATOMIC_SEQ_CST);
	for (i = 0; i < PAGES; i++)
		due[i] = __atomic_exchange_n(&stored[i], 0, __ATOMIC_SEQ_CST) &&
			 !guest_bit(bitmap, i) && (long)i != before;
	return NULL;
}

static void pursuit_harvest(struct worker *worker)
{
	while (!done() && !worker->why) {
		worker->why = harvest();
		worker->ok++;
		/* Give the vCPU the time for some stores. */
		usleep(5000);
	}
}

static void test_pursuit(const char *name, uint64_t protect)
{
	struct worker workers[] = {
		{ .run = pursuit_move },
		{ .run = pursuit_write },
		{ .run = pursuit_harvest },
	};
	unsigned long i, differ = 0;
	bool ok = true;

	lost = 0;
	checked = 0;
	manual = protect;
	memset(copy, 0, sizeof(copy));
	memset(stored, 0, sizeof(stored));
	make_guest(protect, LOG);
	for (i = 0; i < ARRAY_SIZE(workers); i++)
		start(&workers[i]);
	join(workers, ARRAY_SIZE(workers), PURSUIT_MS);
	for (i = 0; i < ARRAY_SIZE(workers); i++) {
		if (workers[i].why)
			ksft_print_msg("%s\n", workers[i].why);
		ok = ok && !workers[i].why;
	}
	ksft_print_msg("%lu moves, %lu stores to memory, %lu to nothing\n",
		       workers[0].ok, workers[1].ok, workers[1].other);
	ksft_print_msg("%lu rounds, %lu pages checked\n", workers[2].ok, checked);
	ksft_test_result(ok && workers[0].ok && workers[1].ok && checked,
			 "%s: pursuit of a slot that moves\n", name);

	ok = !harvest();
	for (i = 0; i < PAGES; i++)
		differ += copy[i] != load(i);
	ksft_test_result(ok && !lost, "%s: %lu stores were missed\n", name, lost);
	ksft_test_result(ok && !differ,
			 "%s: the copy differs from the memory in %lu pages\n",
			 name, differ);
	guest_free(&guest);
}

static long reported(void)
{
	int r = guest_get(&guest, DATA_SLOT, bitmap);

	return r ? -r : (long)guest_count(bitmap, PAGES);
}

/* One thing after the other. */
static void test_one_by_one(void)
{
	const char *why = NULL;

	make_guest(0, LOG);
	guest_write(&guest, places[0] + 3 * PAGE, 2, 70);
	ksft_test_result(!set_slot(1, LOG) && reported() == 2 &&
			 guest_bit(bitmap, 3) && guest_bit(bitmap, 73),
			 "a move keeps what is dirty\n");
	guest_write(&guest, places[1] + 3 * PAGE, 1, 1);
	ksft_test_result(reported() == 1 && guest_bit(bitmap, 3),
			 "stores to the new place are logged\n");
	ksft_test_result(!store(0, 3, 1, &why) && !why && reported() == 0,
			 "stores to the old one are not\n");
	ksft_test_result(!set_slot(2, LOG) && reported() == 0,
			 "a move makes nothing dirty\n");

	guest_write(&guest, places[2], 5, 1);
	ksft_test_result(!set_slot(2, 0) && reported() == -ENOENT,
			 "logging ends: ENOENT\n");
	ksft_test_result(!set_slot(2, LOG) && reported() == 0,
			 "logging starts: clean\n");
	guest_write(&guest, places[2], 5, 1);
	ksft_test_result(reported() == 5, "and what was writable is logged\n");

	guest_write(&guest, places[2], 5, 1);
	ksft_test_result(!delete_slot() && reported() == -ENOENT &&
			 guest_clear(&guest, DATA_SLOT, 0, PAGES, bitmap) == ENOENT,
			 "the slot is deleted: ENOENT\n");
	ksft_test_result(!set_slot(2, LOG) && reported() == 0,
			 "the slot is made again: clean\n");
	ksft_test_result(!set_slot(2, 0) && !set_slot(1, LOG) && reported() == 0,
			 "a move that starts logging: clean\n");
	guest_write(&guest, places[1], 7, 1);
	ksft_test_result(reported() == 7, "and what is written is logged\n");
	ksft_test_result(!set_slot(0, 0) && reported() == -ENOENT,
			 "a move that ends logging: ENOENT\n");

	ksft_test_result(!guest_manual_protect(&guest, INITIALLY_SET) &&
			 !set_slot(0, LOG) && reported() == PAGES &&
			 !set_slot(1, LOG) && reported() == PAGES,
			 "a move keeps a log that is all dirty\n");
	guest_free(&guest);
}

int main(void)
{
	ksft_print_header();
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = kick }, NULL);
	guest_open();
	ksft_set_plan(13 + 3 * 2 + 2 * 3);
	data = guest_map(SIZE);
	test_one_by_one();
	test_storm("GET", 0);
	test_storm("CLEAR", MANUAL);
	test_storm("CLEAR, all dirty at first", INITIALLY_SET);
	test_pursuit("GET", 0);
	test_pursuit("CLEAR", MANUAL);
	ksft_finished();
}
