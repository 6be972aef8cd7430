// SPDX-License-Identifier: GPL-2.0
/*
 * split-cost: what one store to each of many huge pages costs on s390.
 *
 * A guest on 64 pages of 1M writes one random 4K page in each, round after round; then
 * KVM_GET_DIRTY_LOG. Its prefix and its code are in another slot. Run it where a
 * nanosecond is an instruction (QEMU, -icount shift=0). Prints
 *
 *	ROUND N REPORTED STORE_TICKS STORE_IDTES STORE_IPTES GET_TICKS GET_IDTES GET_IPTES
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_s390.h"

#define SEGMENTS	64UL
#define PAGES		(SEGMENTS * SEGMENT_PAGES)
#define ROUNDS		100

static uint8_t bitmap[LOG_BYTES(PAGES)];
static unsigned long written[SEGMENTS];

struct now {
	unsigned long ticks, idtes, iptes;
};

static void die(const char *what)
{
	printf("split-cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The TOD clock, in nanoseconds: bit 51 is a microsecond. */
static unsigned long ticks(void)
{
	unsigned long tod;

	/* STORE CLOCK FAST */
	asm volatile(".insn s,0xb27c0000,%0" : "=Q" (tod) : : "cc");
	return tod / 512 * 125;
}

/* What soft SIE has counted. */
static unsigned long counted(const char *name)
{
	char path[80];
	unsigned long n;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/kvm/parameters/soft_sie_%s", name);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%lu", &n) != 1)
		die(path);
	fclose(f);
	return n;
}

static void start(struct now *now)
{
	now->idtes = counted("idtes");
	now->iptes = counted("iptes");
	now->ticks = ticks();
}

static void stop(struct now *now)
{
	now->ticks = ticks() - now->ticks;
	now->idtes = counted("idtes") - now->idtes;
	now->iptes = counted("iptes") - now->iptes;
}

static void store(struct guest *guest, unsigned long page, uint32_t value)
{
	guest_aim(guest, GUEST_GPA + page * PAGE, 1, 1, value);
	errno = guest_finish(guest);
	if (errno)
		die("the guest stores");
}

static void play(struct guest *guest, unsigned int round, unsigned int *seed)
{
	struct now stores, get;
	unsigned long i, n;

	for (i = 0; i < SEGMENTS; i++)
		written[i] = i * SEGMENT_PAGES + guest_rnd(seed, SEGMENT_PAGES);
	start(&stores);
	for (i = 0; i < SEGMENTS; i++)
		store(guest, written[i], round);
	stop(&stores);
	start(&get);
	errno = guest_get(guest, DATA_SLOT, bitmap);
	stop(&get);
	if (errno)
		die("KVM_GET_DIRTY_LOG");
	n = guest_count(bitmap, PAGES);
	for (i = 0; i < SEGMENTS; i++) {
		if (!guest_bit(bitmap, written[i])) {
			printf("split-cost: page %lu is lost\n", written[i]);
			exit(1);
		}
	}
	printf("ROUND %u %lu %lu %lu %lu %lu %lu %lu\n", round, n,
	       stores.ticks, stores.idtes, stores.iptes, get.ticks, get.idtes, get.iptes);
}

/* A tick has to be an instruction: 10^6 turns of a loop of one. */
static void calibrate(void)
{
	unsigned long n = 1000000, t = ticks();

	asm volatile("0: brctg %0,0b" : "+d" (n) : : "cc");
	printf("CALIBRATE %lu\n", ticks() - t);
}

int main(void)
{
	unsigned int round, seed = 1;
	struct guest guest;
	void *data;

	setvbuf(stdout, NULL, _IOLBF, 0);
	calibrate();
	guest_open();
	guest_make_vm(&guest);
	errno = guest_enable_cap(&guest, KVM_CAP_S390_HPAGE_1M, 0);
	if (errno)
		die("KVM_CAP_S390_HPAGE_1M");
	data = guest_map_shared(PAGES * PAGE, true);
	guest_make_code(&guest);
	errno = guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, PAGES * PAGE,
			       KVM_MEM_LOG_DIRTY_PAGES);
	if (errno)
		die("data slot");
	guest_make_vcpu(&guest);
	/* All is there, and written once; what is split is split. */
	for (round = 0; round < 2; round++) {
		guest_write(&guest, GUEST_GPA, PAGES, 1);
		errno = guest_get(&guest, DATA_SLOT, bitmap);
		if (errno)
			die("KVM_GET_DIRTY_LOG");
	}
	for (round = 0; round < ROUNDS; round++)
		play(&guest, round, &seed);
	guest_free(&guest);
	return 0;
}
