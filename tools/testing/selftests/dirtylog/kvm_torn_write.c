// SPDX-License-Identifier: GPL-2.0
/*
 * A write of KVM's own to guest memory that fails halfway has changed the page all the
 * same, so the page is logged. KVM writes a whole page when it is told to set up Xen's
 * hypercall page, while another thread makes the memory read-only.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "../kselftest.h"
#include "guest_x86.h"

#define MSR		0x40000000U
#define PAGES		64UL
/* The page that is written. */
#define PAGE_NR		7
#define SECONDS		40
#define ENOUGH		5
/* Turns before the write; the other thread waits for up to twice as many. */
#define LEAD		30000U

static struct guest guest;
static uint8_t *data, *blob;
static uint8_t before[PAGE];
static uint64_t bitmap[LOG_BYTES(PAGES) / 8];

/* The other thread's work: 0, or how long it waits before it does it. */
static unsigned int order;
static bool stop;

static void spin(unsigned int turns)
{
	for (; turns; turns--)
		asm volatile("");
}

static void protect(int prot)
{
	if (mprotect(data + PAGE_NR * PAGE, PAGE, prot))
		guest_die("mprotect");
}

static void pin(int cpu)
{
	if (guest_pin(cpu))
		ksft_exit_skip("this takes two CPUs\n");
}

static void *other_thread(void *unused)
{
	unsigned int turns;

	pin(1);
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		turns = __atomic_load_n(&order, __ATOMIC_ACQUIRE);
		if (!turns) {
			sched_yield();
			continue;
		}
		spin(turns);
		protect(PROT_READ);
		__atomic_store_n(&order, 0, __ATOMIC_RELEASE);
	}
	return NULL;
}

static bool is_logged(void)
{
	if (guest_get(&guest, DATA_SLOT, bitmap))
		guest_die("KVM_GET_DIRTY_LOG");
	return guest_bit(bitmap, PAGE_NR);
}

/* Writes that were torn, and those of them that nobody reported. */
static void tear(unsigned int *torn, unsigned int *lost)
{
	uint8_t *page = data + PAGE_NR * PAGE;
	unsigned int rnd = 1, tries = 0;
	time_t end = time(NULL) + SECONDS;
	bool written, logged;

	while (*torn < ENOUGH && time(NULL) < end) {
		memset(blob, ++tries, PAGE);
		memcpy(before, page, PAGE);
		is_logged();

		__atomic_store_n(&order, 1 + guest_rnd(&rnd, 2 * LEAD), __ATOMIC_RELEASE);
		spin(LEAD);
		/* Fails if KVM could not write all. */
		written = guest_set_msr(&guest, MSR, GUEST_GPA + PAGE_NR * PAGE);
		while (__atomic_load_n(&order, __ATOMIC_ACQUIRE))
			sched_yield();

		logged = is_logged();
		if (written && !logged)
			ksft_exit_fail_msg("a write that succeeded is not logged\n");
		if (!written && memcmp(page, before, PAGE)) {
			++*torn;
			*lost += !logged;
		}
		protect(PROT_READ | PROT_WRITE);
	}
	ksft_print_msg("%u of %u writes were torn, %u of these lost\n", *torn, tries,
		       *lost);
}

int main(void)
{
	struct kvm_xen_hvm_config config = {
		.msr = MSR,
		.blob_size_32 = 1,
	};
	unsigned int torn = 0, lost = 0;
	pthread_t thread;

	ksft_print_header();
	guest_open();
	if (!guest_cap(KVM_CAP_XEN_HVM))
		ksft_exit_skip("this KVM has no Xen\n");
	ksft_set_plan(2);
	guest_make_vm(&guest);
	blob = guest_map(PAGE);
	config.blob_addr_32 = (uintptr_t)blob;
	data = guest_map(PAGES * PAGE);
	memset(data, 0xff, PAGES * PAGE);
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, PAGES * PAGE,
			   KVM_MEM_LOG_DIRTY_PAGES))
		guest_die("slot");
	guest_open_vcpu(&guest);
	if (ioctl(guest.vm, KVM_XEN_HVM_CONFIG, &config))
		guest_die("KVM_XEN_HVM_CONFIG");
	pin(0);
	if (pthread_create(&thread, NULL, other_thread, NULL))
		guest_die("thread");

	tear(&torn, &lost);
	ksft_test_result(torn, "a write fails halfway\n");
	ksft_test_result(torn && !lost, "what it has written is logged\n");

	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	guest_free(&guest);
	ksft_finished();
}
