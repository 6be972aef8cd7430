// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_GET_DIRTY_LOG stops between two halves of a bitmap, since userfaultfd holds
 * the page of the second one; what is written meanwhile is in this GET or in the
 * next. And if the second half cannot be written at all, nothing is lost.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/userfaultfd.h>

#include "../kselftest.h"
#include "guest_s390.h"

/* A page of bitmap, and a segment more. */
#define PAGES		(8 * PAGE + SEGMENT_PAGES)
#define SIZE		(PAGES * PAGE)
#define WAIT_MS		10000

/* In segments of their own: what the guest never touches is linked to no gmap. */
#define STRANGE_PAGE	(5 * SEGMENT_PAGES + 5)
#define GUEST_PAGE	(7 * SEGMENT_PAGES + 7)

static struct guest guest;
static uint8_t *data, *bitmap;
static int uffd;

static void hold_second_half(void)
{
	if (madvise(bitmap + PAGE, PAGE, MADV_DONTNEED))
		guest_die("madvise");
	uffd = guest_hold(bitmap + PAGE, PAGE);
	if (uffd < 0)
		guest_die("userfaultfd");
}

static void let_go(void)
{
	struct uffdio_zeropage zero = {
		.range.start = (uintptr_t)bitmap + PAGE,
		.range.len = PAGE,
	};

	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
		guest_die("UFFDIO_ZEROPAGE");
	close(uffd);
}

static void *get(void *unused)
{
	return (void *)(intptr_t)guest_get(&guest, DATA_SLOT, bitmap);
}

static unsigned long reported(void)
{
	return guest_reported(&guest, DATA_SLOT, bitmap, PAGES);
}

/* The page that write_it() writes while GET stands still is reported. */
static void test_held(const char *name, unsigned long page, void (*write_it)(void))
{
	struct pollfd event = { .events = POLLIN };
	bool first, second;
	pthread_t getter;
	void *ret;

	reported();
	/* Without a dirty page GET may clear nothing. */
	guest_write(&guest, GUEST_GPA + PAGE, 1, 1);
	/* And the second half is waited for before the end. */
	guest_write(&guest, GUEST_GPA + (PAGES - 1) * PAGE, 1, 1);
	hold_second_half();
	event.fd = uffd;
	if (pthread_create(&getter, NULL, get, NULL))
		guest_die("pthread_create");
	if (poll(&event, 1, WAIT_MS) != 1 || event.revents != POLLIN)
		guest_die("GET does not come to the second half");
	write_it();
	let_go();
	pthread_join(getter, &ret);
	first = guest_bit(bitmap, page);
	if (ret || !guest_bit(bitmap, 1))
		ksft_exit_fail_msg("GET failed, or forgot what was before\n");
	second = reported() <= PAGES && guest_bit(bitmap, page);
	ksft_print_msg("%s: in this GET: %d, in the next: %d\n", name, first, second);
	ksft_test_result(first || second, "GET meanwhile: %s\n", name);
}

static void mem_op(void)
{
	if (guest_mem_op(&guest, GUEST_GPA + STRANGE_PAGE * PAGE, "dirty", 5))
		guest_die("KVM_S390_MEM_OP");
}

static void store(void)
{
	guest_write(&guest, GUEST_GPA + GUEST_PAGE * PAGE, 1, 1);
}

static void test_half(void)
{
	unsigned long i, extra, lost = 0;
	int r;

	reported();
	guest_write(&guest, GUEST_GPA + 10 * PAGE, 15, 1);
	if (mprotect(bitmap + PAGE, PAGE, PROT_NONE))
		guest_die("mprotect");
	r = guest_get(&guest, DATA_SLOT, bitmap);
	if (mprotect(bitmap + PAGE, PAGE, PROT_READ | PROT_WRITE))
		guest_die("mprotect");
	/* The word that was shown may be dirty as a whole, no other. */
	extra = reported() - guest_count(bitmap, 64);
	for (i = 10; i < 25; i++)
		lost += !guest_bit(bitmap, i);
	ksft_test_result(r == EFAULT && !lost && !extra,
			 "GET: half a buffer: EFAULT, and nothing lost\n");
}

int main(void)
{
	ksft_print_header();
	guest_open();
	ksft_set_plan(3);
	data = guest_map(SIZE);
	bitmap = guest_map(2 * PAGE);
	guest_make(&guest, GUEST_GPA, data, SIZE, KVM_MEM_LOG_DIRTY_PAGES);
	store();
	test_held("MEM_OP to a page that no guest touched", STRANGE_PAGE, mem_op);
	test_held("the guest's store", GUEST_PAGE, store);
	test_half();
	guest_free(&guest);
	ksft_finished();
}
