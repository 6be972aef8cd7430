// SPDX-License-Identifier: GPL-2.0
/*
 * What KVM itself writes to guest memory is logged: kvmclock, wall clock, steal
 * time, what the instruction emulator stores. The guest never touches these
 * pages, so no store of its own can repair a mark that is missing.
 *
 * A reader copies what is reported. After each write the page must be reported
 * and its copy be the newest; in the end copy and original must be equal.
 */
#include <asm/kvm_para.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_x86.h"

#define PAGES		130UL
#define BYTES		LOG_BYTES(PAGES)
/* Not logged: what the guest stores to, and code of our own. */
#define SCRATCH_SLOT	2
#define SCRATCH_GPA	0x40000UL
#define SCRATCH_CODE	(SCRATCH_GPA + PAGE)

#define PORT		0x42

/* The pages that are written, one each; the last one of the slot is among them. */
enum { CLOCK = 0, STEAL = 64, WALL = 77, EMULATOR = PAGES - 1 };

#define WRITES		8
#define PREEMPTIONS	20
#define PATIENCE_MS	5000

static struct guest guest;
static uint8_t *data, *copy, *scratch;
static uint64_t bitmap[BYTES / 8];
static bool manual;

/* What guest.c has no word for. */
static void need(bool ok, const char *what)
{
	if (!ok)
		ksft_exit_fail_msg("%s: %s\n", what, strerror(errno));
}

static bool harvest(unsigned long page)
{
	unsigned long i;

	need(!guest_get(&guest, DATA_SLOT, bitmap), "GET");
	if (manual)
		need(!guest_clear(&guest, DATA_SLOT, 0, PAGES, bitmap), "CLEAR");
	for (i = 0; i < PAGES; i++)
		if (guest_bit(bitmap, i))
			memcpy(copy + i * PAGE, data + i * PAGE, PAGE);
	return guest_bit(bitmap, page);
}

static bool equal(void)
{
	unsigned long i;
	bool same = true;

	for (i = 0; i < PAGES; i++) {
		if (!memcmp(copy + i * PAGE, data + i * PAGE, PAGE))
			continue;
		ksft_print_msg("page %lu: the copy is old\n", i);
		same = false;
	}
	return same;
}

static void set_msr(uint32_t index, uint64_t value)
{
	need(guest_set_msr(&guest, index, value), "KVM_SET_MSRS");
}

static uint64_t gpa_of(unsigned long page)
{
	return GUEST_GPA + page * PAGE;
}

/* Each returns whether the page changed, or else there is nothing to report. */
static bool write_clock(void)
{
	struct kvm_clock_data clock = { 0 };
	uint32_t *version = (uint32_t *)(data + CLOCK * PAGE), old = *version;

	/* By the VM's file descriptor; the vCPU writes when it is entered next. */
	need(!ioctl(guest.vm, KVM_SET_CLOCK, &clock), "KVM_SET_CLOCK");
	guest_write(&guest, SCRATCH_GPA, 1, 1);
	return *version != old;
}

static bool write_steal(void)
{
	struct kvm_steal_time *st = (void *)(data + STEAL * PAGE);
	uint32_t old = st->version;

	guest_write(&guest, SCRATCH_GPA, 1, 1);
	return st->version != old;
}

static void *wall_thread(void *unused)
{
	set_msr(MSR_KVM_WALL_CLOCK_NEW, gpa_of(WALL));
	return NULL;
}

static bool write_wall(void)
{
	uint32_t *version = (uint32_t *)(data + WALL * PAGE), old = *version;
	pthread_t thread;

	need(!pthread_create(&thread, NULL, wall_thread, NULL), "a thread");
	pthread_join(thread, NULL);
	return *version != old;
}

/* insb, hlt: KVM's emulator stores what userspace has answered. */
static bool write_emulator(void)
{
	static uint8_t answer;
	struct kvm_run *run = guest.run;
	struct kvm_regs regs = {
		.rip = SCRATCH_CODE,
		.rflags = 2,
		.rdi = gpa_of(EMULATOR) + 123,
		.rdx = PORT,
	};

	need(!ioctl(guest.vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
	if (guest_enter(&guest) != KVM_EXIT_IO || run->io.port != PORT)
		return false;
	*((uint8_t *)run + run->io.data_offset) = ++answer;
	return guest_enter(&guest) == KVM_EXIT_HLT &&
	       data[EMULATOR * PAGE + 123] == answer;
}

static const struct writer {
	const char *name;
	unsigned long page;
	bool (*write)(void);
} writers[] = {
	{ "kvmclock", CLOCK, write_clock },
	{ "steal time", STEAL, write_steal },
	{ "wall clock, set by another thread", WALL, write_wall },
	{ "emulated store", EMULATOR, write_emulator },
};

static void test_writer(const struct writer *writer, const char *mode)
{
	int i, written = 0, reported = 0, newest = 0;

	for (i = 0; i < WRITES; i++) {
		harvest(writer->page);
		if (!writer->write())
			continue;
		written++;
		reported += harvest(writer->page);
		newest += !memcmp(copy + writer->page * PAGE,
				  data + writer->page * PAGE, PAGE);
	}
	ksft_test_result(written == WRITES && reported == written &&
			 newest == written,
			 "%s: %s: %d of %d written, %d reported, %d copies new\n",
			 mode, writer->name, written, WRITES, reported, newest);
}

static void wake_up(int sig)
{
}

static void pin(int cpu)
{
	need(!guest_pin(cpu), "sched_setaffinity");
}

static bool vcpu_stop, rival_stop, rival_runs;
static sem_t rival_go;

static void *vcpu_thread(void *unused)
{
	int r;

	pin(0);
	guest_aim(&guest, SCRATCH_GPA, -1U, 0, 1);
	while (!__atomic_load_n(&vcpu_stop, __ATOMIC_SEQ_CST)) {
		r = guest_enter(&guest);
		if (r == KVM_EXIT_IO)
			guest_aim(&guest, SCRATCH_GPA, -1U, 0, 1);
		else if (r != -EINTR)
			ksft_exit_fail_msg("KVM_RUN: %d\n", r);
	}
	return NULL;
}

/* Takes the vCPU's processor away for as long as rival_runs is set. */
static void *rival_thread(void *unused)
{
	struct sched_param param = { .sched_priority = 1 };

	pin(0);
	need(!sched_setscheduler(0, SCHED_FIFO, &param), "SCHED_FIFO");
	for (;;) {
		while (sem_wait(&rival_go))
			;
		if (__atomic_load_n(&rival_stop, __ATOMIC_SEQ_CST))
			return NULL;
		while (__atomic_load_n(&rival_runs, __ATOMIC_SEQ_CST))
			;
	}
}

static void rival_set(bool run)
{
	__atomic_store_n(&rival_runs, run, __ATOMIC_SEQ_CST);
	if (run)
		sem_post(&rival_go);
}

static void sleep_ms(int ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000L };

	nanosleep(&ts, NULL);
}

static bool wait_preempted(uint8_t value)
{
	uint8_t *preempted = &((struct kvm_steal_time *)(data + STEAL * PAGE))->preempted;
	int ms;

	for (ms = 0; ms < PATIENCE_MS; ms++) {
		if (__atomic_load_n(preempted, __ATOMIC_SEQ_CST) == value)
			return true;
		sleep_ms(1);
	}
	return false;
}

/* It has been written; its mark may be a few instructions away. */
static bool wait_reported(void)
{
	int ms;

	for (ms = 0; ms < PATIENCE_MS; ms += 5) {
		if (harvest(STEAL))
			return true;
		sleep_ms(5);
	}
	return false;
}

/*
 * The scheduler takes the vCPU off its processor, where KVM notes that in the
 * steal time page with the runqueue locked, and puts it back, where KVM writes
 * the page again. The bits are harvested between any two of these writes.
 */
static void test_preemption(const char *mode)
{
	int out = 0, out_reported = 0, in = 0, in_reported = 0, i;
	pthread_t vcpu, rival;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		ksft_test_result_skip("%s: preempted: one processor\n", mode);
		ksft_test_result_skip("%s: and back: one processor\n", mode);
		return;
	}
	pin(1);
	vcpu_stop = false;
	rival_stop = false;
	guest.run->immediate_exit = 0;
	need(!pthread_create(&vcpu, NULL, vcpu_thread, NULL) &&
	     !pthread_create(&rival, NULL, rival_thread, NULL), "threads");
	for (i = 0; i < PREEMPTIONS; i++) {
		if (!wait_preempted(0))
			break;
		in++;
		if (!wait_reported())
			break;
		in_reported++;
		while (harvest(STEAL))
			sleep_ms(1);

		rival_set(true);
		if (!wait_preempted(1))
			break;
		out++;
		if (!wait_reported())
			break;
		out_reported++;
		while (harvest(STEAL))
			sleep_ms(1);
		rival_set(false);
	}
	rival_set(false);
	__atomic_store_n(&rival_stop, true, __ATOMIC_SEQ_CST);
	sem_post(&rival_go);
	pthread_join(rival, NULL);
	__atomic_store_n(&vcpu_stop, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&guest.run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	pthread_kill(vcpu, SIGUSR1);
	pthread_join(vcpu, NULL);
	guest.run->immediate_exit = 0;

	ksft_test_result(out == PREEMPTIONS && out_reported == out,
			 "%s: preempted %d times, %d reported\n", mode, out,
			 out_reported);
	ksft_test_result(in == PREEMPTIONS && in_reported == in,
			 "%s: back %d times, %d reported\n", mode, in,
			 in_reported);
}

static void test(const char *mode)
{
	size_t i;

	guest_make_vm(&guest);
	need(!guest_manual_protect(&guest, manual), "manual protect");
	guest_make_code(&guest);
	memset(data, 0, PAGES * PAGE);
	memset(copy, 0, PAGES * PAGE);
	need(!guest_set_slot(&guest, SCRATCH_SLOT, SCRATCH_GPA, scratch,
			     2 * PAGE, 0) &&
	     !guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, PAGES * PAGE,
			     KVM_MEM_LOG_DIRTY_PAGES), "slots");
	guest_make_vcpu(&guest);
	set_msr(MSR_KVM_SYSTEM_TIME_NEW, gpa_of(CLOCK) | 1);
	set_msr(MSR_KVM_STEAL_TIME, gpa_of(STEAL) | KVM_MSR_ENABLED);

	for (i = 0; i < sizeof(writers) / sizeof(*writers); i++)
		test_writer(&writers[i], mode);
	test_preemption(mode);

	harvest(0);
	ksft_test_result(equal(), "%s: in the end the copy is equal\n", mode);
	guest_free(&guest);
}

int main(void)
{
	/* insb; hlt */
	static const uint8_t code[] = { 0x6c, 0xf4 };
	struct sigaction action = { .sa_handler = wake_up };

	ksft_print_header();
	guest_open();
	sigaction(SIGUSR1, &action, NULL);
	sem_init(&rival_go, 0, 0);
	data = guest_map(PAGES * PAGE);
	copy = guest_map(PAGES * PAGE);
	scratch = guest_map(2 * PAGE);
	memcpy(scratch + SCRATCH_CODE - SCRATCH_GPA, code, sizeof(code));

	ksft_set_plan(14);
	test("GET");
	manual = true;
	test("CLEAR");
	ksft_finished();
}
