// SPDX-License-Identifier: GPL-2.0
/*
 * s390_storm [huge|host] [OPERATIONS [SEED]]: two VMs over one piece of memory, a thread for
 * each that harvests throughout, and random operations of three writers: each VM's
 * guest, and the VMM, which stores, uses MEM_OP, throws page tables away and changes
 * their protection. The copies, made of nothing but reported pages, equal the memory.
 *
 * With huge pages the VMM's stores are in no log, and its MEM_OPs in that of their VM:
 * it uses one for each. "host" is huge pages and logs that have them all.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		(2 * SEGMENT_PAGES)
#define SIZE		(PAGES * PAGE)
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define MANUAL		KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
#define NR_VMS		2
/* Most operations are where others were. */
#define HOT_PAGES	40
#define ROUNDS		50

/* A VM, its guest that writes, and the thread that reads its log. */
static struct vm {
	struct guest guest;
	bool manual;
	uint8_t copy[SIZE];
	uint8_t bitmap[LOG_BYTES(PAGES)];
	unsigned long rounds, reported;
	unsigned int state;
	int failed;
	pthread_t writer, reader;
} vms[NR_VMS];

static uint8_t *data;
static bool huge, host;
static long left;
static unsigned long done[NR_VMS + 1];
static bool stop;
static unsigned int seed = 1;

/*
 * Held for read in the guests, which would fault for good on what is read-only. The
 * VMM would seldom get it otherwise.
 */
static pthread_rwlock_t writable = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static unsigned long page_of(unsigned int *state)
{
	return guest_rnd(state, guest_rnd(state, 4) ? HOT_PAGES : PAGES);
}

/* One operation of so many, or none is left. */
static bool next(unsigned int writer)
{
	if (__atomic_fetch_sub(&left, 1, __ATOMIC_SEQ_CST) <= 0 ||
	    __atomic_load_n(&stop, __ATOMIC_SEQ_CST))
		return false;
	done[writer]++;
	return true;
}

static void *guest_writes(void *arg)
{
	struct vm *vm = arg;
	unsigned int n = vm - vms;
	static uint32_t values[NR_VMS];

	while (next(n)) {
		int r;

		guest_aim(&vm->guest, GUEST_GPA + page_of(&vm->state) * PAGE, 1, 1,
			  n << 28 | ++values[n]);
		pthread_rwlock_rdlock(&writable);
		r = guest_finish(&vm->guest);
		pthread_rwlock_unlock(&writable);
		if (r) {
			vm->failed = -r;
			__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
			break;
		}
	}
	return NULL;
}

static int protect(unsigned long page, unsigned long nr, int prot)
{
	return mprotect(data + page * PAGE, nr * PAGE, prot);
}

/* KVM stores for the VMM, by way of some VMs. */
static int mem_op(uint64_t gpa, uint32_t value, unsigned int nr)
{
	unsigned int n;
	int r = 0;

	for (n = 0; n < nr && !r; n++)
		r = guest_mem_op(&vms[n].guest, gpa, &value, sizeof(value));
	return r;
}

/* The VMM's operations. Return: 0 or an errno. */
static int disturb(unsigned int *state)
{
	static uint32_t value = 3U << 28;
	unsigned long page = page_of(state), nr = 1 + guest_rnd(state, 16);
	int r = 0;

	if (nr > PAGES - page)
		nr = PAGES - page;
	if (huge) {
		page -= page % SEGMENT_PAGES;
		nr = SEGMENT_PAGES;
	}
	switch (guest_rnd(state, huge ? 64 : 8)) {
	case 0:
		r = madvise(data + page * PAGE, nr * PAGE, MADV_DONTNEED) ? errno : 0;
		break;
	case 1:
		pthread_rwlock_wrlock(&writable);
		if (protect(page, nr, PROT_READ) ||
		    protect(page, nr, PROT_READ | PROT_WRITE))
			r = errno;
		pthread_rwlock_unlock(&writable);
		break;
	case 2:
		if (protect(page, nr, PROT_READ | PROT_WRITE | PROT_EXEC) ||
		    protect(page, nr, PROT_READ | PROT_WRITE))
			r = errno;
		break;
	case 3:
		r = mem_op(GUEST_GPA + page * PAGE + 8, ++value, huge ? NR_VMS : 1);
		break;
	default:
		if (huge)
			page = page_of(state);
		if (huge && !host) {
			r = mem_op(GUEST_GPA + page * PAGE + 4, ++value, NR_VMS);
			break;
		}
		__atomic_store_n((uint32_t *)(data + page * PAGE + 4), ++value,
				 __ATOMIC_SEQ_CST);
		break;
	}
	return r;
}

static int harvest(struct vm *vm)
{
	unsigned long i;
	int r;

	r = guest_get(&vm->guest, DATA_SLOT, vm->bitmap);
	if (!r && vm->manual)
		r = guest_clear(&vm->guest, DATA_SLOT, 0, PAGES, vm->bitmap);
	if (r)
		return r;
	for (i = 0; i < PAGES; i++) {
		if (guest_bit(vm->bitmap, i)) {
			memcpy(vm->copy + i * PAGE, data + i * PAGE, PAGE);
			vm->reported++;
		}
	}
	vm->rounds++;
	return 0;
}

static void *read_log(void *arg)
{
	struct vm *vm = arg;
	int r = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST) && !r)
		r = harvest(vm);
	if (r) {
		vm->failed = -r;
		__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void make(struct vm *vm, bool manual)
{
	vm->manual = manual;
	vm->state = seed + manual;
	guest_make_vm(&vm->guest);
	if (huge && guest_enable_cap(&vm->guest, KVM_CAP_S390_HPAGE_1M, 0))
		guest_die("KVM_CAP_S390_HPAGE_1M");
	if (host && guest_log_host(&vm->guest))
		ksft_exit_skip("no log of the VMM's stores\n");
	if (manual && guest_manual_protect(&vm->guest, MANUAL))
		guest_die("manual protect");
	guest_make_code(&vm->guest);
	if (guest_set_slot(&vm->guest, DATA_SLOT, GUEST_GPA, data, SIZE, LOG))
		guest_die("data slot");
	guest_make_vcpu(&vm->guest);
}

/* So many operations. Return: 0 or an errno of the VMM's. */
static int storm(unsigned int *state, long operations)
{
	unsigned int n;
	int r = 0;

	left = operations;
	stop = false;
	for (n = 0; n < NR_VMS; n++) {
		if (pthread_create(&vms[n].writer, NULL, guest_writes, &vms[n]) ||
		    pthread_create(&vms[n].reader, NULL, read_log, &vms[n]))
			guest_die("no thread");
	}
	while (!r && next(NR_VMS))
		r = disturb(state);
	for (n = 0; n < NR_VMS; n++)
		pthread_join(vms[n].writer, NULL);
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	for (n = 0; n < NR_VMS; n++)
		pthread_join(vms[n].reader, NULL);
	return r;
}

/* The last harvest, with all writers stopped. Return: pages in which a copy differs. */
static unsigned long differ(struct vm *vm)
{
	unsigned long i, different = 0;
	int r = harvest(vm);

	if (r)
		vm->failed = -r;
	for (i = 0; i < PAGES; i++)
		different += !!memcmp(vm->copy + i * PAGE, data + i * PAGE, PAGE);
	return different;
}

int main(int argc, char **argv)
{
	unsigned long different[NR_VMS] = {};
	unsigned int state, n, round;
	long operations = 100000;
	int r = 0;

	host = argc > 1 && !strcmp(argv[1], "host");
	huge = host || (argc > 1 && !strcmp(argv[1], "huge"));
	argc -= huge;
	argv += huge;
	if (argc > 1)
		operations = strtol(argv[1], NULL, 0);
	if (argc > 2)
		seed = strtoul(argv[2], NULL, 0);
	state = seed + NR_VMS;
	ksft_print_header();
	guest_open();
	ksft_set_plan(2 + NR_VMS);
	data = guest_map_shared(SIZE, huge);
	for (n = 0; n < NR_VMS; n++)
		make(&vms[n], n);
	ksft_print_msg("%ld operations, seed %u\n", operations, seed);

	/* A bit that is lost is made good by the page's next mark: compare often. */
	for (round = 0; round < ROUNDS && !r; round++) {
		r = storm(&state, operations / ROUNDS);
		for (n = 0; n < NR_VMS; n++)
			different[n] += differ(&vms[n]);
	}

	ksft_print_msg("operations: guests %lu and %lu, VMM %lu\n", done[0], done[1],
		       done[NR_VMS]);
	ksft_test_result(!r && !vms[0].failed && !vms[1].failed,
			 "storm: errors %d, %d, %d\n", r, vms[0].failed, vms[1].failed);
	ksft_test_result(done[0] && done[1] && done[NR_VMS] &&
			 vms[0].rounds > ROUNDS && vms[1].rounds > ROUNDS,
			 "all took part in it\n");
	for (n = 0; n < NR_VMS; n++) {
		ksft_print_msg("VM %u: %lu harvests, %lu pages reported\n", n,
			       vms[n].rounds, vms[n].reported);
		ksft_test_result(!different[n],
				 "VM %u: the copy differs from the memory in %lu pages\n",
				 n, different[n]);
		guest_free(&vms[n].guest);
	}
	ksft_finished();
}
