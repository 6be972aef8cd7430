// SPDX-License-Identifier: GPL-2.0
/*
 * The machine: a VM with two memslots, and vCPUs in threads of their own.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "precopy.h"

#define SLOT_CTL	0
#define SLOT_DATA	1

#define HUGE_BYTES	BIT(HUGE_SHIFT)
#define HUGE_PAGES	(HUGE_BYTES / PAGE_BYTES)

#define STOP_SECONDS	20

static void set_word(struct vm *vm, u32 gpa, u32 value)
{
	__atomic_store_n((u32 *)(vm->ctl + gpa), value, __ATOMIC_SEQ_CST);
}

void vm_set_phase(struct vm *vm, unsigned int phase)
{
	set_word(vm, CTL_PHASE, phase);
}

static u32 line_gpa(unsigned int line)
{
	return GUEST_VCPU + (line << VCPU_STRIDE_SHIFT);
}

static u32 get_word(struct vm *vm, u32 gpa)
{
	return __atomic_load_n((u32 *)(vm->ctl + gpa), __ATOMIC_SEQ_CST);
}

u32 vm_stores(struct vm *vm, unsigned int line)
{
	return get_word(vm, line_gpa(line) + VCPU_STORES);
}

u32 vm_current(struct vm *vm, unsigned int line)
{
	return get_word(vm, line_gpa(line) + VCPU_CURRENT);
}

/* For writers that are no vCPUs, what guest.S does around a store of four bytes */
void vm_announce(struct vm *vm, unsigned int line, u32 offset)
{
	set_word(vm, line_gpa(line) + VCPU_CURRENT, offset);
}

void vm_note(struct vm *vm, unsigned int line, u32 offset)
{
	u8 *witness = vm->ctl + GUEST_WITNESS;

	__atomic_store_n(&witness[offset >> PAGE_SHIFT], 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&witness[(offset + 3) >> PAGE_SHIFT], 1, __ATOMIC_SEQ_CST);
	set_word(vm, line_gpa(line) + VCPU_STORES, vm_stores(vm, line) + 1);
}

void vm_need_cap(struct vm *vm, int cap, int bits, const char *name)
{
	int got = ioctl(vm->kvm_fd, KVM_CHECK_EXTENSION, cap);

	if (got < 0)
		die(EXIT_BAD_INPUT, "KVM_CHECK_EXTENSION %s: %s", name, strerror(errno));
	if ((got & bits) != bits)
		die(EXIT_BAD_INPUT, "this KVM lacks %s (has %#x, needs %#x)", name, got, bits);
}

static void open_kvm(struct vm *vm, enum mode mode)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 };
	int version, bytes;

	vm->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm_fd < 0)
		die(EXIT_BAD_INPUT, "cannot open /dev/kvm: %s", strerror(errno));
	version = ioctl(vm->kvm_fd, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION)
		die(EXIT_BAD_INPUT, "KVM API version %d, expected %d", version, KVM_API_VERSION);
	vm_need_cap(vm, KVM_CAP_USER_MEMORY, 1, "KVM_CAP_USER_MEMORY");
	vm_need_cap(vm, KVM_CAP_IMMEDIATE_EXIT, 1, "KVM_CAP_IMMEDIATE_EXIT");

	cap.args[0] = mode == MODE_CLEAR ? KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE :
					   KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE |
					   KVM_DIRTY_LOG_INITIALLY_SET;
	if (mode != MODE_GET)
		vm_need_cap(vm, cap.cap, cap.args[0], "KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2");

	bytes = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (bytes < 0)
		die(EXIT_BAD_INPUT, "KVM_GET_VCPU_MMAP_SIZE: %s", strerror(errno));
	vm->run_bytes = bytes;

	vm->fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		die(EXIT_BAD_INPUT, "KVM_CREATE_VM: %s", strerror(errno));
	if (mode != MODE_GET && ioctl(vm->fd, KVM_ENABLE_CAP, &cap))
		die(EXIT_DIFFERS, "KVM_ENABLE_CAP manual protect, flags %llu: %s",
		    cap.args[0], strerror(errno));
	arch_vm_create(vm);
}

static void set_slot(struct vm *vm, u32 slot, u32 flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
	};

	if (slot == SLOT_CTL) {
		region.memory_size = vm->ctl_bytes;
		region.userspace_addr = (unsigned long)vm->ctl;
	} else {
		region.guest_phys_addr = vm->opt->base_gfn << PAGE_SHIFT;
		region.memory_size = vm->npages << PAGE_SHIFT;
		region.userspace_addr = (unsigned long)vm->data;
	}
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		die(EXIT_DIFFERS, "KVM_SET_USER_MEMORY_REGION slot %u flags %#x: %s",
		    slot, flags, strerror(errno));
}

static void map_ctl(struct vm *vm)
{
	const size_t align = SLOT_PAGES * PAGE_BYTES;

	vm->ctl_bytes = ctl_bytes(vm->npages);
	vm->ctl_map_bytes = vm->ctl_bytes + align;
	vm->ctl_map = mmap(NULL, vm->ctl_map_bytes, CTL_PROT, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vm->ctl_map == MAP_FAILED)
		die(EXIT_DIFFERS, "cannot map the control slot: %s", strerror(errno));
	vm->ctl = (u8 *)round_up((unsigned long)vm->ctl_map, align);
}

/*
 * KVM maps huge pages only where the guest's and the host's addresses agree
 * modulo their size, so the slot starts as far into a huge page as its gfn does.
 */
static void map_data(struct vm *vm)
{
	size_t lead = vm->opt->base_gfn % HUGE_PAGES * PAGE_BYTES;
	size_t bytes = round_up(lead + (vm->npages << PAGE_SHIFT), HUGE_BYTES);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	u8 *start;

	if (vm->opt->huge == HUGE_TLB)
		flags |= MAP_HUGETLB | HUGE_SHIFT << MAP_HUGE_SHIFT;
	else
		bytes += HUGE_BYTES;

	vm->data_map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (vm->data_map == MAP_FAILED)
		die(EXIT_BAD_INPUT, "cannot map %zu MiB of guest memory%s: %s", bytes >> 20,
		    vm->opt->huge == HUGE_TLB ? " from the hugetlb pool" : "",
		    strerror(errno));
	vm->data_map_bytes = bytes;
	start = (u8 *)round_up((unsigned long)vm->data_map, HUGE_BYTES);
	if (vm->opt->huge == HUGE_THP && madvise(start, bytes - HUGE_BYTES, MADV_HUGEPAGE))
		die(EXIT_BAD_INPUT, "no transparent huge pages here: %s", strerror(errno));
	vm->data = start + lead;
}

static void fill_data(struct vm *vm, struct rng *rng)
{
	u64 *word = (u64 *)vm->data;
	u64 *end = word + (vm->npages << PAGE_SHIFT) / sizeof(*word);
	u64 value = rng_next(rng) | 1;

	for (; word < end; word++) {
		value = value * 0x5851f42d4c957f2d + 0x14057b7ef767814f;
		*word = value;
	}
}

static void write_ctl(struct vm *vm, struct rng *rng)
{
	const struct options *opt = vm->opt;
	unsigned int i;

	memcpy(vm->ctl + GUEST_CODE, guest_start, guest_end - guest_start);
	set_word(vm, CTL_NPAGES, vm->guest_pages);
	set_word(vm, CTL_LIMIT, (vm->guest_pages << PAGE_SHIFT) - 4);
	set_word(vm, CTL_HOT_FIRST, rng_below(rng, vm->guest_pages - opt->hot_pages + 1));
	set_word(vm, CTL_HOT_PAGES, opt->hot_pages);
	for (i = 0; i < NR_PHASES; i++)
		set_word(vm, CTL_DELAY + 4 * i, opt->delay[i]);
}

static void create_vcpu(struct vm *vm, unsigned int id, struct rng *rng)
{
	struct vcpu *vcpu = &vm->vcpu[id];
	struct start start = {
		.random = rng_next(rng) | 1,
		.cursor = vm->guest_pages * id / vm->opt->vcpus,
		.data = vm->opt->base_gfn << PAGE_SHIFT,
		.line = line_gpa(id),
	};

	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, id);
	if (vcpu->fd < 0)
		die(EXIT_DIFFERS, "KVM_CREATE_VCPU %u: %s", id, strerror(errno));
	vcpu->run = mmap(NULL, vm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die(EXIT_DIFFERS, "mapping kvm_run of vCPU %u: %s", id, strerror(errno));
	arch_vcpu_create(vcpu, &start);
}

void vm_create(struct vm *vm, const struct options *opt, enum mode mode, struct rng *rng)
{
	unsigned int i;

	memset(vm, 0, sizeof(*vm));
	vm->opt = opt;
	vm->npages = opt->npages;
	vm->guest_pages = opt->npages - kernel_pages(opt);
	vm->nr_lines = opt->vcpus;
	open_kvm(vm, mode);

	map_ctl(vm);
	map_data(vm);
	fill_data(vm, rng);
	write_ctl(vm, rng);
	set_slot(vm, SLOT_CTL, 0);
	set_slot(vm, SLOT_DATA, 0);
	for (i = 0; i < opt->vcpus; i++)
		create_vcpu(vm, i, rng);
	kernel_create(vm);
}

/* What the guest's memory turned out to be made of */
const char *vm_backing(struct vm *vm)
{
	static char text[96];
	unsigned long kib = 0;
	char line[128];
	FILE *file;

	if (vm->opt->huge == HUGE_TLB) {
		snprintf(text, sizeof(text), "%lu MiB hugetlb pages", HUGE_BYTES >> 20);
		return text;
	}
	if (vm->opt->huge == HUGE_NONE)
		return "4 KiB pages";
	file = fopen("/proc/self/smaps_rollup", "r");
	if (!file)
		return "transparent huge pages (asked for)";
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, "AnonHugePages:", 14))
			kib = strtoul(line + 14, NULL, 10);
	fclose(file);
	snprintf(text, sizeof(text), "transparent huge pages, %lu of %llu MiB", kib >> 10,
		 vm->npages >> 8);
	return text;
}

void vm_log_enable(struct vm *vm)
{
	set_slot(vm, SLOT_DATA, KVM_MEM_LOG_DIRTY_PAGES);
}

/* KVM's bitmaps are little-endian on every machine, ours are the machine's own. */
void vm_log_get(struct vm *vm, u64 *bitmap)
{
	struct kvm_dirty_log log = { .slot = SLOT_DATA, .dirty_bitmap = bitmap };
	size_t words = (vm->npages + BITS_PER_WORD - 1) / BITS_PER_WORD;
	size_t i;

	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log))
		die(EXIT_DIFFERS, "KVM_GET_DIRTY_LOG: %s", strerror(errno));
	for (i = 0; i < words; i++)
		bitmap[i] = le64toh(bitmap[i]);
}

/* @bitmap is that of the whole slot; @first is a multiple of 64 */
void vm_log_clear(struct vm *vm, const u64 *bitmap, u64 first, u64 num)
{
	u64 words[CLEAR_WORDS];
	struct kvm_clear_dirty_log log = {
		.slot = SLOT_DATA,
		.num_pages = num,
		.first_page = first,
		.dirty_bitmap = words,
	};
	u64 i;

	for (i = 0; i < (num + BITS_PER_WORD - 1) / BITS_PER_WORD; i++)
		words[i] = htole64(bitmap[first / BITS_PER_WORD + i]);
	if (ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &log))
		die(EXIT_DIFFERS, "KVM_CLEAR_DIRTY_LOG of %llu pages from %llu: %s",
		    num, first, strerror(errno));
}

static void kicked(int sig)
{
	(void)sig;		/* its only use is to end KVM_RUN with EINTR */
}

static void fail(struct vcpu *vcpu, const char *what)
{
	snprintf(vcpu->why, sizeof(vcpu->why), "vCPU %u: %s (exit reason %u, at %#llx)",
		 vcpu->id, what, vcpu->run->exit_reason, arch_vcpu_pc(vcpu));
	__atomic_store_n(&vcpu->failed, true, __ATOMIC_SEQ_CST);
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;

	while (!__atomic_load_n(&vcpu->vm->stop, __ATOMIC_SEQ_CST)) {
		if (!ioctl(vcpu->fd, KVM_RUN, 0)) {
			if (arch_vcpu_exit(vcpu))
				continue;
			fail(vcpu, "the guest left, and it never should");
			break;
		}
		if (errno != EINTR && errno != EAGAIN) {
			fail(vcpu, strerror(errno));
			break;
		}
		kernel_write_as_vcpu(vcpu);
	}
	__atomic_store_n(&vcpu->parked, true, __ATOMIC_SEQ_CST);
	return NULL;
}

void vm_start(struct vm *vm)
{
	struct sigaction kick = { .sa_handler = kicked };
	unsigned int i;
	int err;

	if (sigaction(SIGUSR1, &kick, NULL))
		die(EXIT_DIFFERS, "sigaction: %s", strerror(errno));
	for (i = 0; i < vm->opt->vcpus; i++) {
		err = pthread_create(&vm->vcpu[i].thread, NULL, vcpu_thread, &vm->vcpu[i]);
		if (err)
			die(EXIT_DIFFERS, "starting vCPU %u: %s", i, strerror(err));
		vm->nr_running++;
	}
	kernel_start(vm);
}

bool vm_healthy(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->opt->vcpus; i++) {
		if (__atomic_load_n(&vm->vcpu[i].failed, __ATOMIC_SEQ_CST)) {
			fprintf(stderr, "precopy: %s\n", vm->vcpu[i].why);
			return false;
		}
	}
	return true;
}

/* Returns with every vCPU out of KVM_RUN, its thread and those of kernel.c gone */
void vm_stop(struct vm *vm)
{
	const struct timespec tick = { .tv_nsec = 2000000 };
	double deadline = now() + STOP_SECONDS;
	unsigned int i;
	int err;

	kernel_stop(vm);
	__atomic_store_n(&vm->stop, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < vm->nr_running; i++) {
		__atomic_store_n(&vm->vcpu[i].run->immediate_exit, 1, __ATOMIC_SEQ_CST);
		pthread_kill(vm->vcpu[i].thread, SIGUSR1);
	}
	for (i = 0; i < vm->nr_running; i++) {
		while (!__atomic_load_n(&vm->vcpu[i].parked, __ATOMIC_SEQ_CST)) {
			if (now() > deadline)
				die(EXIT_DIFFERS, "vCPU %u did not stop within %d s", i,
				    STOP_SECONDS);
			nanosleep(&tick, NULL);
			pthread_kill(vm->vcpu[i].thread, SIGUSR1);
		}
		err = pthread_join(vm->vcpu[i].thread, NULL);
		if (err)
			die(EXIT_DIFFERS, "joining vCPU %u: %s", i, strerror(err));
	}
	vm->nr_running = 0;
}

void vm_destroy(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->opt->vcpus; i++) {
		munmap(vm->vcpu[i].run, vm->run_bytes);
		close(vm->vcpu[i].fd);
	}
	close(vm->fd);
	close(vm->kvm_fd);
	munmap(vm->data_map, vm->data_map_bytes);
	munmap(vm->ctl_map, vm->ctl_map_bytes);
}
