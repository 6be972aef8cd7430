// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/userfaultfd.h>

#include "../kselftest.h"
#include "guest.h"

static int kvm_fd;
static int run_size;

void guest_die(const char *what)
{
	ksft_exit_fail_msg("%s: %s\n", what, strerror(errno));
}

static int errno_of(int ret)
{
	return ret < 0 ? errno : 0;
}

void guest_open(void)
{
	kvm_fd = open("/dev/kvm", O_RDWR);
	if (kvm_fd < 0)
		ksft_exit_skip("/dev/kvm: %s\n", strerror(errno));
	run_size = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
}

int guest_cap(int cap)
{
	return ioctl(kvm_fd, KVM_CHECK_EXTENSION, cap);
}

void *guest_map(size_t size)
{
	void *p = mmap(NULL, size + guest_align - PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		guest_die("mmap");
	p = (void *)(((uintptr_t)p + guest_align - 1) & -guest_align);
	/* Fails where the kernel has no huge pages, which is as good. */
	madvise(p, size, MADV_NOHUGEPAGE);
	return p;
}

int guest_hold(void *mem, size_t size)
{
	struct uffdio_register area = {
		.range = { (uintptr_t)mem, size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int uffd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (uffd >= 0 && (ioctl(uffd, UFFDIO_API, &api) ||
			  ioctl(uffd, UFFDIO_REGISTER, &area)))
		guest_die("userfaultfd");
	return uffd;
}

int guest_set_slot(struct guest *guest, uint32_t slot, uint64_t gpa, void *mem,
		   size_t size, uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)mem,
	};

	return errno_of(ioctl(guest->vm, KVM_SET_USER_MEMORY_REGION, &region));
}

int guest_make_typed_vm(unsigned long type)
{
	int vm = ioctl(kvm_fd, KVM_CREATE_VM, type);

	if (vm < 0)
		guest_die("KVM_CREATE_VM");
	return vm;
}

void guest_open_vcpu(struct guest *guest)
{
	guest->vcpu = ioctl(guest->vm, KVM_CREATE_VCPU, guest->vcpu_id);
	if (guest->vcpu < 0)
		guest_die("KVM_CREATE_VCPU");
	guest->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  guest->vcpu, 0);
	if (guest->run == MAP_FAILED)
		guest_die("struct kvm_run");
}

void guest_free(struct guest *guest)
{
	munmap(guest->run, run_size);
	close(guest->vcpu);
	close(guest->vm);
}

int guest_enter(struct guest *guest)
{
	if (ioctl(guest->vcpu, KVM_RUN, 0))
		return -errno;
	return guest->run->exit_reason;
}

const char *guest_detail(struct guest *guest, int reason)
{
	static char text[400];
	size_t at;
	uint32_t i;

	text[0] = '\0';
	if (reason == KVM_EXIT_INTERNAL_ERROR) {
		at = sprintf(text, ", suberror %u:", guest->run->internal.suberror);
		for (i = 0; i < guest->run->internal.ndata && i < 16; i++)
			at += sprintf(text + at, " %#llx",
				      guest->run->internal.data[i]);
	}
	return text;
}

int guest_finish(struct guest *guest)
{
	int r;

	do {
		r = guest_enter(guest);
	} while (r == -EINTR || r == -EAGAIN);
	if (r < 0)
		return -r;
	return r == guest_exit ? 0 : EIO;
}

void guest_write(struct guest *guest, uint64_t gpa, uint32_t nr, uint32_t stride)
{
	static uint32_t value;
	int r;

	guest_aim(guest, gpa, nr, stride, ++value);
	do {
		r = guest_enter(guest);
	} while (r == -EINTR);
	if (r != guest_exit)
		ksft_exit_fail_msg("KVM_RUN: exit reason or error %d%s\n", r,
				   guest_detail(guest, r));
}

void guest_run(struct guest *guest)
{
	guest_write(guest, GUEST_GPA, GUEST_PAGES, 1);
}

unsigned long guest_count(const void *bitmap, unsigned long nr)
{
	unsigned long i, n = 0;

	for (i = 0; i < nr; i++)
		n += guest_bit(bitmap, i);
	return n;
}

int guest_get(struct guest *guest, uint32_t slot, void *to)
{
	struct kvm_dirty_log log = { .slot = slot, .dirty_bitmap = to };

	return errno_of(ioctl(guest->vm, KVM_GET_DIRTY_LOG, &log));
}

unsigned long guest_reported(struct guest *guest, uint32_t slot, void *bitmap,
			     unsigned long pages)
{
	memset(bitmap, 0xa5, LOG_BYTES(pages));
	return guest_get(guest, slot, bitmap) ? pages + 1 : guest_count(bitmap, pages);
}

int guest_clear(struct guest *guest, uint32_t slot, uint64_t first, uint32_t nr,
		void *from)
{
	struct kvm_clear_dirty_log log = {
		.slot = slot,
		.first_page = first,
		.num_pages = nr,
		.dirty_bitmap = from,
	};

	return errno_of(ioctl(guest->vm, KVM_CLEAR_DIRTY_LOG, &log));
}

int guest_enable_cap(struct guest *guest, uint32_t cap, uint64_t arg)
{
	struct kvm_enable_cap enable = { .cap = cap, .args[0] = arg };

	return errno_of(ioctl(guest->vm, KVM_ENABLE_CAP, &enable));
}

int guest_manual_protect(struct guest *guest, uint64_t flags)
{
	return guest_enable_cap(guest, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, flags);
}

int guest_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return errno_of(sched_setaffinity(0, sizeof(set), &set));
}

uint64_t guest_stat(struct guest *guest, const char *name)
{
	int fd = ioctl(guest->vm, KVM_GET_STATS_FD, NULL);
	struct kvm_stats_header header;
	uint64_t value = 0;
	bool found = false;
	uint32_t i;

	if (fd < 0 || pread(fd, &header, sizeof(header), 0) != sizeof(header))
		guest_die("KVM_GET_STATS_FD");
	for (i = 0; i < header.num_desc && !found; i++) {
		struct {
			struct kvm_stats_desc desc;
			char name[64];
		} stat;
		size_t size = sizeof(stat.desc) + header.name_size;

		if (size > sizeof(stat) ||
		    pread(fd, &stat, size, header.desc_offset + i * size) !=
		    (ssize_t)size)
			guest_die("a description of statistics");
		if (strncmp((char *)&stat + sizeof(stat.desc), name,
			    header.name_size))
			continue;
		if (pread(fd, &value, sizeof(value),
			  header.data_offset + stat.desc.offset) !=
		    sizeof(value))
			guest_die("a statistic");
		found = true;
	}
	close(fd);
	if (!found)
		ksft_exit_fail_msg("KVM has no statistic %s\n", name);
	return value;
}
