// SPDX-License-Identifier: GPL-2.0
/*
 * The page tables of VMM and guest are one, and have a life of their own: they are
 * older than the VM, are freed, belong to two VMs. What the guest writes is logged.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		(3 * SEGMENT_PAGES)
#define SIZE		(PAGES * PAGE)
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define GIB		0x40000000UL

static uint8_t bitmap[LOG_BYTES(PAGES)];

static unsigned long reported(struct guest *guest)
{
	return guest_reported(guest, DATA_SLOT, bitmap, PAGES);
}

/* They are reported, and as many others. */
static bool pages_3_to_12(struct guest *guest, unsigned long others)
{
	unsigned long i, n = reported(guest), missing = 0;

	for (i = 3; i < 13; i++)
		missing += !guest_bit(bitmap, i);
	ksft_print_msg("%lu pages reported, %lu missing\n", n, missing);
	return !missing && n == 10 + others;
}

static void write_3_to_12(struct guest *guest)
{
	guest_write(guest, GUEST_GPA + 3 * PAGE, 10, 1);
}

/* Before any VM there is, so that the mm does not use its PGSTEs yet. */
static void test_older(void)
{
	uint8_t *data = guest_map(SIZE);
	struct guest guest;

	memset(data, 1, SIZE);
	guest_make(&guest, GUEST_GPA, data, SIZE, LOG);
	reported(&guest);
	write_3_to_12(&guest);
	ksft_test_result(pages_3_to_12(&guest, 0), "pages that were writable before the VM\n");
	write_3_to_12(&guest);
	ksft_test_result(pages_3_to_12(&guest, 0), "the same pages, once more\n");
	guest_free(&guest);
}

static void *map_file(int fd, void *where)
{
	void *p = mmap(where, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);

	if (p == MAP_FAILED)
		guest_die("mmap");
	return p;
}

/* The page that the guest wrote is still there, and its entry is not. */
static void test_gone(const char *how, bool (*drop)(int fd, uint8_t *data))
{
	int fd = memfd_create("guest", 0);
	struct guest guest;
	uint8_t *data;

	if (fd < 0 || ftruncate(fd, SIZE))
		guest_die("memfd");
	data = map_file(fd, guest_map(SIZE));
	guest_make(&guest, GUEST_GPA, data, SIZE, LOG);
	guest_write(&guest, GUEST_GPA, PAGES, 1);
	reported(&guest);
	write_3_to_12(&guest);
	if (!drop(fd, data))
		guest_die(how);
	/* So that the segment is the guest's again: else they may just be late. */
	guest_write(&guest, GUEST_GPA + 200 * PAGE, 1, 1);
	ksft_test_result(pages_3_to_12(&guest, 1), "written, then %s\n", how);
	write_3_to_12(&guest);
	ksft_test_result(pages_3_to_12(&guest, 0), "written again after %s\n", how);
	guest_free(&guest);
	munmap(data, SIZE);
	close(fd);
}

static bool drop_pages(int fd, uint8_t *data)
{
	return !madvise(data, SIZE, MADV_DONTNEED);
}

/* Frees the page tables, too. */
static bool map_again(int fd, uint8_t *data)
{
	return map_file(fd, data);
}

/* Two VMs of a process with the same memory: each has a log. */
static void test_two(void)
{
	uint8_t *data = guest_map(SIZE);
	struct guest one, two;
	bool ok;

	guest_make(&one, GUEST_GPA, data, SIZE, LOG);
	guest_make(&two, GUEST_GPA, data, SIZE, LOG);
	guest_write(&one, GUEST_GPA, PAGES, 1);
	guest_write(&two, GUEST_GPA, PAGES, 1);
	reported(&one);
	reported(&two);
	write_3_to_12(&one);
	ok = pages_3_to_12(&one, 0);
	ksft_test_result(ok, "two VMs: in the log of the VM that wrote\n");
	ok = pages_3_to_12(&two, 0);
	ksft_test_result(ok, "two VMs: and in that of the other\n");
	guest_free(&one);
	guest_free(&two);
}

/* KVM_S390_VM_MEM_LIMIT_SIZE makes another gmap, and an empty one. */
static void test_limit(void)
{
	uint64_t limit = GIB;
	struct kvm_device_attr attr = {
		.group = KVM_S390_VM_MEM_CTRL,
		.attr = KVM_S390_VM_MEM_LIMIT_SIZE,
		.addr = (uintptr_t)&limit,
	};
	uint8_t *data = guest_map(SIZE);
	struct guest guest;

	guest_make_vm(&guest);
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, SIZE, LOG))
		guest_die("data slot");
	memset(data, 1, SIZE);
	reported(&guest);
	if (ioctl(guest.vm, KVM_SET_DEVICE_ATTR, &attr))
		guest_die("KVM_S390_VM_MEM_LIMIT_SIZE");
	if (guest_mem_op(&guest, GUEST_GPA + 3 * PAGE, data, 10 * PAGE))
		guest_die("KVM_S390_MEM_OP");
	ksft_test_result(pages_3_to_12(&guest, 0), "another memory limit: MEM_OP\n");
	guest_make_code(&guest);
	if (guest_set_slot(&guest, DATA_SLOT, 0, NULL, 0, 0) ||
	    guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, SIZE, LOG))
		guest_die("the slot once more");
	guest_make_vcpu(&guest);
	guest_write(&guest, GUEST_GPA, PAGES, 1);
	reported(&guest);
	write_3_to_12(&guest);
	ksft_test_result(pages_3_to_12(&guest, 0), "another memory limit: the guest\n");
	guest_free(&guest);
}

int main(void)
{
	ksft_print_header();
	guest_open();
	ksft_set_plan(2 + 4 + 2 + 2);
	test_older();
	test_gone("MADV_DONTNEED", drop_pages);
	test_gone("mmap over it", map_again);
	test_two();
	test_limit();
	ksft_finished();
}
