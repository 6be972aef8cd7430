// SPDX-License-Identifier: GPL-2.0
/*
 * mmu_lock is given up: after 32768 pages at the latest, and when somebody waits
 * for it.
 *
 * The first is seen without any help of the kernel's. A page of bitmap has 32768
 * bits. Ours is filled by userfaultfd, and one page of it is not to be had: by GET, which
 * writes each once, or by CLEAR, which reads all of them ahead, when it comes back. KVM
 * sleeps then, so that it cannot hold mmu_lock. The pages that CLEAR has taken by then
 * are those that come before; what GET has taken is dirty again.
 *
 * The second needs the tracepoint dirtylog:dirtylog_relax.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>
#include <linux/userfaultfd.h>

#include "../kselftest.h"
#include "guest.h"

#define SECTION		32768UL
#define PAGES		(4 * SECTION + 64)
#define LAST		(PAGES / SECTION)
#define BYTES		LOG_BYTES(PAGES)
#define BITMAP_SIZE	((LAST + 1) * PAGE)

#define MANUAL		KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
#define INITIALLY_SET	(MANUAL | KVM_DIRTY_LOG_INITIALLY_SET)

/* Cleared by the time that the ioctl sleeps, and written again meanwhile. */
#define EARLY		5UL

/* Drops of mmu_lock that are enough to see, and how long to wait for them. */
#define ENOUGH		20
#define PATIENCE_S	40

#define TRACING		"/sys/kernel/tracing"
#define EVENT		TRACING "/events/dirtylog/dirtylog_relax/enable"

static struct guest guest;
static uint8_t *data, *bitmap, *ones;
static bool stop;

static void set_flags(uint32_t flags)
{
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, PAGES * PAGE, flags))
		ksft_exit_fail_msg("slot flags %#x\n", flags);
}

/* A new log, all dirty. With @manual it is read by GET and CLEAR, else by GET. */
static void start(bool manual)
{
	set_flags(0);
	if (guest_manual_protect(&guest, INITIALLY_SET))
		ksft_exit_fail_msg("manual protect\n");
	set_flags(KVM_MEM_LOG_DIRTY_PAGES);
	guest_manual_protect(&guest, manual ? INITIALLY_SET : 0);
}

static int harvest(bool manual, void *bits)
{
	return manual ? guest_clear(&guest, DATA_SLOT, 0, PAGES, bits) :
			guest_get(&guest, DATA_SLOT, bits);
}

/* Fills the bitmap. @hole is the page of it that vanishes. */
struct filler {
	pthread_t thread;
	int uffd;
	unsigned long hole;
	/* All pages were touched once. */
	bool touched;
	/* The ioctl came back for the hole, and slept. */
	bool slept;
};

static void fill(struct filler *filler, unsigned long page)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)(bitmap + page * PAGE),
		.src = (uintptr_t)ones,
		.len = PAGE,
	};

	if (ioctl(filler->uffd, UFFDIO_COPY, &copy))
		ksft_exit_fail_msg("UFFDIO_COPY: %s\n", strerror(errno));
}

/* While KVM waits for the page: mmu_lock can be had, and the guest can run. */
static void refuse(struct filler *filler)
{
	struct uffdio_range range = {
		.start = (uintptr_t)bitmap,
		.len = BITMAP_SIZE,
	};

	madvise(data, PAGE, MADV_DONTNEED);
	guest_write(&guest, GUEST_GPA + EARLY * PAGE, 1, 1);
	filler->slept = true;
	mprotect(bitmap + filler->hole * PAGE, PAGE, PROT_NONE);
	if (ioctl(filler->uffd, UFFDIO_UNREGISTER, &range))
		ksft_exit_fail_msg("UFFDIO_UNREGISTER: %s\n", strerror(errno));
}

static void *fill_bitmap(void *arg)
{
	struct filler *filler = arg;
	struct pollfd fd = { .fd = filler->uffd, .events = POLLIN };
	struct uffd_msg msg;

	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		unsigned long page;

		if (poll(&fd, 1, 50) <= 0 ||
		    read(filler->uffd, &msg, sizeof(msg)) != sizeof(msg))
			continue;
		page = (msg.arg.pagefault.address - (uintptr_t)bitmap) / PAGE;
		if (filler->touched && page == filler->hole) {
			refuse(filler);
			continue;
		}
		if (page == LAST) {
			filler->touched = true;
			madvise(bitmap + filler->hole * PAGE, PAGE, MADV_DONTNEED);
		}
		fill(filler, page);
	}
	return NULL;
}

static bool open_filler(struct filler *filler, unsigned long hole, bool touched)
{
	*filler = (struct filler) { .hole = hole, .touched = touched };
	madvise(bitmap, BITMAP_SIZE, MADV_DONTNEED);
	filler->uffd = guest_hold(bitmap, BITMAP_SIZE);
	if (filler->uffd < 0)
		return false;
	stop = false;
	if (pthread_create(&filler->thread, NULL, fill_bitmap, filler))
		ksft_exit_fail_msg("no thread\n");
	return true;
}

static void close_filler(struct filler *filler)
{
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	pthread_join(filler->thread, NULL);
	close(filler->uffd);
	mprotect(bitmap, BITMAP_SIZE, PROT_READ | PROT_WRITE);
}

static void test_section(bool manual, unsigned long hole)
{
	const char *name = manual ? "CLEAR" : "GET";
	struct filler filler;
	uint64_t flushes;
	unsigned long i, wrong = 0;
	int r;

	if (!open_filler(&filler, hole, !manual)) {
		ksft_test_result_skip("%s: userfaultfd: %s\n", name,
				      strerror(errno));
		return;
	}
	start(manual);
	flushes = guest_stat(&guest, "remote_tlb_flush_requests");
	r = harvest(manual, bitmap);
	flushes = guest_stat(&guest, "remote_tlb_flush_requests") - flushes;
	close_filler(&filler);

	if (!filler.slept) {
		ksft_test_result_fail("%s: reads its %lu pages in one go\n", name,
				      PAGES);
		return;
	}
	if (r != EFAULT || flushes != 1) {
		ksft_test_result_fail("%s: errno %d, %llu flushes\n", name, r,
				      (unsigned long long)flushes);
		return;
	}
	if (guest_get(&guest, DATA_SLOT, bitmap))
		ksft_exit_fail_msg("GET\n");
	for (i = 0; i < PAGES; i++) {
		bool dirty = !manual || i == EARLY || i >= hole * SECTION;

		if (guest_bit(bitmap, i) != dirty && !wrong++)
			ksft_print_msg("page %lu: %s\n", i,
				       dirty ? "not dirty" : "dirty");
	}
	ksft_test_result(!wrong, "%s: sleeps after %lu pages%s\n", name,
			 hole * SECTION, manual ? "" : ", which are dirty again");
}

static bool write_file(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | flags);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The events since the last call; those with reason "contended"; the longest. */
static void read_trace(unsigned long *contended, unsigned long *longest)
{
	FILE *trace = fopen(TRACING "/trace", "r");
	char line[512], *field;

	if (!trace)
		ksft_exit_fail_msg("no trace\n");
	while (fgets(line, sizeof(line), trace)) {
		if (!strstr(line, "dirtylog_relax:"))
			continue;
		field = strstr(line, " why=");
		if (field && strstr(field, "contended"))
			++*contended;
		field = strstr(line, " held=");
		if (field && strtoul(field + 6, NULL, 10) > *longest)
			*longest = strtoul(field + 6, NULL, 10);
	}
	fclose(trace);
	write_file(TRACING "/trace", O_TRUNC, "");
}

/* Takes mmu_lock for write again and again: the MMU notifier does. */
static void *contend(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
		madvise(data, PAGE, MADV_DONTNEED);
	return NULL;
}

static void test_contended(bool manual)
{
	const char *name = manual ? "CLEAR" : "GET";
	unsigned long alone = 0, contended = 0, longest = 0;
	time_t until = time(NULL) + PATIENCE_S;
	unsigned int round;
	pthread_t thread;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		ksft_test_result_skip("%s: nobody waits: one processor\n", name);
		ksft_test_result_skip("%s: kept: one processor\n", name);
		return;
	}
	write_file(TRACING "/trace", O_TRUNC, "");
	memset(bitmap, 0xff, BYTES);
	start(manual);
	if (harvest(manual, bitmap))
		ksft_exit_fail_msg("%s fails\n", name);
	read_trace(&alone, &longest);

	stop = false;
	if (pthread_create(&thread, NULL, contend, NULL))
		ksft_exit_fail_msg("no thread\n");
	for (round = 0; contended < ENOUGH && (round < 3 || time(NULL) < until);
	     round++) {
		memset(bitmap, 0xff, BYTES);
		start(manual);
		if (harvest(manual, bitmap))
			ksft_exit_fail_msg("%s fails\n", name);
		read_trace(&contended, &longest);
	}
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);

	ksft_print_msg("%s: %u rounds, %lu pages at most under mmu_lock\n", name,
		       round, longest);
	ksft_test_result(contended,
			 "%s: mmu_lock is dropped when somebody waits, %lu times\n",
			 name, contended);
	ksft_test_result(!alone && longest <= SECTION,
			 "%s: otherwise it is kept, %lu drops\n", name, alone);
}

static void test_trace(void)
{
	int manual;

	if (access(EVENT, W_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (!write_file(EVENT, 0, "1")) {
		ksft_print_msg("no tracepoint dirtylog_relax\n");
		for (manual = 0; manual < 4; manual++)
			ksft_test_result_skip("no tracepoint dirtylog_relax\n");
		return;
	}
	for (manual = 0; manual < 2; manual++)
		test_contended(manual);
	write_file(EVENT, 0, "0");
}

int main(void)
{
	unsigned long hole;
	int manual;

	ksft_print_header();
	guest_open();
	ksft_set_plan(2 * (LAST - 1) + 4);
	data = guest_map(PAGES * PAGE);
	bitmap = guest_map(BITMAP_SIZE);
	ones = guest_map(PAGE);
	memset(ones, 0xff, PAGE);
	guest_make(&guest, GUEST_GPA, data, PAGES * PAGE, 0);

	for (manual = 0; manual < 2; manual++)
		for (hole = 1; hole < LAST; hole++)
			test_section(manual, hole);
	test_trace();
	guest_free(&guest);
	ksft_finished();
}
