// SPDX-License-Identifier: GPL-2.0
/*
 * s390_fail [huge]: every allocation of an ioctl fails, one after the other. Each says
 * so and has changed nothing, works when it is tried again, and no page is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		(2 * SEGMENT_PAGES)
#define SIZE		(PAGES * PAGE)
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define MANUAL		KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
/* More allocations than any of them has. */
#define LIMIT		500U

static uint8_t bitmap[LOG_BYTES(PAGES)], copy[SIZE];
static uint8_t *data;
static uint64_t gpa = GUEST_GPA;
static bool huge;
static uint32_t value;
static struct guest guest;
/* /proc/thread-self/fail-nth, kept open: to open it is to allocate. */
static int fail_nth;

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		guest_die(path);
	close(fd);
}

/* Allocations that may sleep can fail as well, and nobody talks of it. */
static void prepare_injection(void)
{
	static const char * const kinds[] = { "failslab", "fail_page_alloc" };
	char path[80];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", kinds[i]);
		if (access(path, W_OK))
			ksft_exit_skip("no fault injection: %s\n", path);
		write_to(path, "0");
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/ignore-gfp-wait",
			 kinds[i]);
		write_to(path, "N");
	}
	/* Page tables are of order 0 and more. */
	write_to("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fail_nth < 0)
		guest_die("fail-nth");
}

static void set_nth(unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	if (pwrite(fail_nth, text, strlen(text), 0) < 0)
		guest_die("fail-nth");
}

/* Return: the n-th allocation was made, and failed. Nothing fails afterwards. */
static bool was_injected(void)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		guest_die("fail-nth");
	set_nth(0);
	return !atoi(text);
}

static int set_data(uint32_t flags)
{
	return guest_set_slot(&guest, DATA_SLOT, gpa, data, SIZE, flags);
}

static int start_log(void)
{
	return set_data(LOG);
}

static int get(void)
{
	return guest_get(&guest, DATA_SLOT, bitmap);
}

static int clear(void)
{
	return guest_clear(&guest, DATA_SLOT, 0, PAGES, bitmap);
}

/* To a page of each segment. */
static int run(void)
{
	guest_aim(&guest, gpa + 7 * PAGE, 2, SEGMENT_PAGES, value);
	return guest_finish(&guest);
}

static void must(int r, const char *what)
{
	errno = r;
	if (r)
		guest_die(what);
}

/* A harvest; what it shows is copied. */
static void harvest(void)
{
	unsigned long i;

	must(get(), "GET");
	must(clear(), "CLEAR");
	for (i = 0; i < PAGES; i++) {
		if (guest_bit(bitmap, i))
			memcpy(copy + i * PAGE, data + i * PAGE, PAGE);
	}
}

/* There is no log, and a page of each segment was written. */
static void before_start(void)
{
	must(set_data(0), "logging off");
	value++;
	must(run(), "KVM_RUN");
	memcpy(copy, data, SIZE);
}

/* The slot is where the guest has no tables at all. */
static void before_run(void)
{
	value++;
	must(guest_set_slot(&guest, DATA_SLOT, 0, NULL, 0, 0), "no slot");
	gpa += 4UL << 30;
	must(set_data(LOG), "another slot");
}

static void before_get(void)
{
	value++;
	must(run(), "KVM_RUN");
}

static void before_clear(void)
{
	before_get();
	harvest();
	before_get();
	must(get(), "GET");
}

static const struct op {
	const char *name;
	void (*before)(void);
	int (*op)(void);
	bool allocates;
} ops[] = {
	{ "logging starts", before_start, start_log, true },
	{ "KVM_RUN", before_run, run, true },
	{ "GET", before_get, get, false },
	{ "CLEAR", before_clear, clear, false },
};

#define NR_OPS	(sizeof(ops) / sizeof(*ops))

static bool is_clear_error(int r)
{
	return r == ENOMEM || r == EFAULT;
}

static void test(const struct op *op)
{
	unsigned int n, injected = 0, unclear = 0, again = 0, differ = 0;

	for (n = 1; n < LIMIT; n++) {
		int r;

		op->before();
		set_nth(n);
		r = op->op();
		if (!was_injected())
			break;
		injected++;
		if (r && !is_clear_error(r)) {
			ksft_print_msg("%s: allocation %u: %s\n", op->name, n, strerror(r));
			unclear++;
		}
		/* An allocation that fails may be one that can. */
		again += !!op->op();
		value++;
		must(run(), "KVM_RUN");
		harvest();
		differ += !!memcmp(copy, data, SIZE);
	}
	ksft_print_msg("%s: %u allocations failed\n", op->name, injected);
	if (!op->allocates) {
		ksft_test_result(!injected, "%s: makes no allocation\n", op->name);
		return;
	}
	ksft_test_result(n < LIMIT && injected,
			 "%s: all its allocations failed once\n", op->name);
	ksft_test_result(!unclear, "%s: a clear errno\n", op->name);
	ksft_test_result(!again, "%s: works afterwards\n", op->name);
	ksft_test_result(!differ, "%s: no page is lost\n", op->name);
}

int main(int argc, char **argv)
{
	unsigned int i, plan = 0;

	huge = argc > 1 && !strcmp(argv[1], "huge");
	ksft_print_header();
	guest_open();
	if (!guest_cap(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2))
		ksft_exit_skip("no KVM_CLEAR_DIRTY_LOG\n");
	prepare_injection();
	for (i = 0; i < NR_OPS; i++)
		plan += ops[i].allocates ? 4 : 1;
	ksft_set_plan(plan);
	data = guest_map_shared(SIZE, huge);
	guest_make_vm(&guest);
	if (huge && guest_enable_cap(&guest, KVM_CAP_S390_HPAGE_1M, 0))
		guest_die("KVM_CAP_S390_HPAGE_1M");
	must(guest_manual_protect(&guest, MANUAL), "manual protect");
	guest_make_code(&guest);
	must(set_data(0), "data slot");
	guest_make_vcpu(&guest);
	guest_write(&guest, GUEST_GPA, PAGES, 1);
	for (i = 0; i < NR_OPS; i++)
		test(&ops[i]);
	guest_free(&guest);
	ksft_finished();
}
