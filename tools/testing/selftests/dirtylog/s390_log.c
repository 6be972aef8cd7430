// SPDX-License-Identifier: GPL-2.0
/*
 * The dirty log on s390: GET, CLEAR and INITIALLY_SET, with a guest that stores (DAT
 * off), a VMM that stores, and MEM_OP; the bitmap's byte order; what fails changes
 * nothing; and a copy made of reported pages equals the original.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kvm.h>

#include "../kselftest.h"

#define PAGE		4096UL
#define SEGMENT		0x100000UL
/* Code in a slot of its own, which does not log. */
#define CODE_SLOT	0
#define CODE_GPA	0x2000UL
#define DATA_SLOT	1
#define DATA_GPA	(4 * SEGMENT)
#define PAGES		(3 * 256UL)
#define SIZE		(PAGES * PAGE)
#define BYTES		(PAGES / 8)
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define MANUAL		KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
#define PSW_64BIT	0x0000000180000000UL

/* st %r1,0(%r2); agr %r2,%r3; brctg %r4 to the start; no instruction: exit */
static const uint8_t code[] = {
	0x50, 0x10, 0x20, 0x00,
	0xb9, 0x08, 0x00, 0x23,
	0xa7, 0x47, 0xff, 0xfc,
	0x00, 0x00,
};

static int kvm, vm, vcpu;
static struct kvm_run *run;
static uint8_t *data, *bitmap;

static void need(bool ok, const char *what)
{
	if (!ok)
		ksft_exit_fail_msg("%s: %s\n", what, strerror(errno));
}

static void *map(size_t size)
{
	uint8_t *p = mmap(NULL, size + SEGMENT, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	need(p != MAP_FAILED, "mmap");
	return (void *)(((uintptr_t)p + SEGMENT - 1) & ~(SEGMENT - 1));
}

static int errno_of(int ret)
{
	return ret < 0 ? errno : 0;
}

static int set_slot(int slot, uint64_t gpa, void *mem, size_t size, uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)mem,
	};

	return errno_of(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region));
}

static int log_data(uint32_t flags)
{
	return set_slot(DATA_SLOT, DATA_GPA, data, SIZE, flags);
}

static int get(void *to)
{
	struct kvm_dirty_log log = { .slot = DATA_SLOT, .dirty_bitmap = to };

	return errno_of(ioctl(vm, KVM_GET_DIRTY_LOG, &log));
}

static int clear(uint64_t first, uint32_t nr, void *from)
{
	struct kvm_clear_dirty_log log = {
		.slot = DATA_SLOT,
		.first_page = first,
		.num_pages = nr,
		.dirty_bitmap = from,
	};

	return errno_of(ioctl(vm, KVM_CLEAR_DIRTY_LOG, &log));
}

static int manual_protect(uint64_t flags)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		.args[0] = flags,
	};

	return errno_of(ioctl(vm, KVM_ENABLE_CAP, &cap));
}

static void make_vm(void)
{
	struct kvm_enable_cap instr0 = { .cap = KVM_CAP_S390_USER_INSTR0 };
	static uint8_t *text;

	if (!text) {
		text = map(SEGMENT);
		/* Without SIE the host's no-execute bit counts for the guest. */
		need(!mprotect(text, SEGMENT, PROT_READ | PROT_WRITE | PROT_EXEC),
		     "mprotect");
		memcpy(text + CODE_GPA, code, sizeof(code));
	}
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	need(vm >= 0, "KVM_CREATE_VM");
	need(!ioctl(vm, KVM_ENABLE_CAP, &instr0), "KVM_CAP_S390_USER_INSTR0");
	need(!set_slot(CODE_SLOT, 0, text, SEGMENT, 0), "code slot");
	need(!log_data(0), "data slot");
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	need(vcpu >= 0, "KVM_CREATE_VCPU");
	run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	need(run != MAP_FAILED, "struct kvm_run");
}

static void free_vm(void)
{
	munmap(run, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
	close(vcpu);
	close(vm);
}

/* The guest stores to @nr pages from @first on, @stride from one to the next. */
static void guest_write(unsigned long first, unsigned long nr, unsigned long stride)
{
	static uint32_t value;

	run->s.regs.gprs[1] = ++value;
	run->s.regs.gprs[2] = DATA_GPA + first * PAGE;
	run->s.regs.gprs[3] = stride * PAGE;
	run->s.regs.gprs[4] = nr;
	run->psw_mask = PSW_64BIT;
	run->psw_addr = CODE_GPA;
	run->kvm_dirty_regs = KVM_SYNC_GPRS;
	while (ioctl(vcpu, KVM_RUN, 0) < 0)
		need(errno == EINTR || errno == EAGAIN, "KVM_RUN");
	if (run->exit_reason != KVM_EXIT_S390_SIEIC)
		ksft_exit_fail_msg("KVM_RUN: exit reason %u\n", run->exit_reason);
}

static bool bit(unsigned long page)
{
	return bitmap[page / 8] >> page % 8 & 1;
}

static unsigned long count(void)
{
	unsigned long i, n = 0;

	for (i = 0; i < PAGES; i++)
		n += bit(i);
	return n;
}

/* What GET says now; PAGES + 1 if it fails. */
static unsigned long reported(void)
{
	memset(bitmap, 0xa5, BYTES);
	return get(bitmap) ? PAGES + 1 : count();
}

static void test_get(void)
{
	make_vm();
	ksft_test_result(get(bitmap) == ENOENT, "GET: slot does not log: ENOENT\n");
	/* Writable before logging starts, by guest and VMM. */
	guest_write(0, PAGES, 1);
	memset(data, 1, 50 * PAGE);
	need(!log_data(LOG), "start");
	reported();
	ksft_test_result(reported() == 0, "GET: nothing is written, nothing reported\n");

	guest_write(3, 2, 70);
	ksft_test_result(reported() == 2 && bit(3) && bit(73),
			 "GET: the guest's stores, in little-endian order\n");
	ksft_test_result(reported() == 0, "GET: and not twice\n");
	guest_write(3, 1, 1);
	ksft_test_result(reported() == 1 && bit(3), "GET: pages are armed again\n");

	data[500 * PAGE] = 7;
	ksft_test_result(reported() == 1 && bit(500), "GET: the VMM's store\n");
	guest_write(0, PAGES, 1);
	ksft_test_result(reported() == PAGES, "GET: all\n");
	ksft_test_result(reported() == 0, "GET: all, and not twice\n");

	guest_write(10, 15, 1);
	ksft_test_result(get((void *)8) == EFAULT && reported() == 15,
			 "GET: bad pointer: EFAULT, and nothing lost\n");
	need(!log_data(0), "stop");
	ksft_test_result(get(bitmap) == ENOENT, "logging ends: ENOENT\n");
	free_vm();
}

static void test_clear(void)
{
	uint8_t *ones = map(BYTES);

	memset(ones, 0xff, BYTES);
	make_vm();
	ksft_test_result(ioctl(kvm, KVM_CHECK_EXTENSION,
			       KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2) ==
			 (MANUAL | KVM_DIRTY_LOG_INITIALLY_SET) &&
			 !manual_protect(MANUAL), "CLEAR: there is the capability\n");
	guest_write(0, PAGES, 1);
	need(!log_data(LOG), "start");
	need(!clear(0, PAGES, ones), "CLEAR");
	guest_write(60, 100, 1);
	ksft_test_result(reported() == 100 && reported() == 100,
			 "CLEAR: GET alone clears nothing\n");

	memset(ones, 0, BYTES);
	ones[1] = 0x02;
	ksft_test_result(!clear(64, 128, ones) && reported() == 99 && !bit(64 + 9),
			 "CLEAR: the page it names, in little-endian order\n");
	memset(ones, 0xff, BYTES);
	ksft_test_result(clear(0, PAGES, (void *)8) == EFAULT && reported() == 99,
			 "CLEAR: bad pointer: EFAULT, and nothing cleared\n");
	ksft_test_result(clear(32, 64, ones) == EINVAL && clear(0, 65, ones) == EINVAL &&
			 clear(0, PAGES + 64, ones) == EINVAL,
			 "CLEAR: odd ranges: EINVAL\n");
	guest_write(73, 1, 1);
	ksft_test_result(reported() == 100, "CLEAR: the page is armed again\n");
	ksft_test_result(!clear(0, PAGES, ones) && reported() == 0, "CLEAR: all\n");
	free_vm();
}

static void test_initially_set(void)
{
	uint8_t ones[BYTES];

	memset(ones, 0xff, BYTES);
	make_vm();
	need(!manual_protect(MANUAL | KVM_DIRTY_LOG_INITIALLY_SET), "manual protect");
	guest_write(0, PAGES, 1);
	need(!log_data(LOG), "start");
	ksft_test_result(reported() == PAGES, "INITIALLY_SET: all is dirty\n");
	ksft_test_result(!clear(0, 256, ones) && reported() == PAGES - 256,
			 "INITIALLY_SET: CLEAR of a part\n");
	guest_write(5, 1, 1);
	ksft_test_result(reported() == PAGES - 255 && bit(5),
			 "INITIALLY_SET: what was cleared is armed\n");
	free_vm();
}

static void test_mem_op(void)
{
	struct kvm_s390_mem_op op = {
		.gaddr = DATA_GPA + 300 * PAGE - 4,
		.size = 8,
		.op = KVM_S390_MEMOP_ABSOLUTE_WRITE,
		.buf = (uintptr_t)"dirtylog",
	};

	make_vm();
	guest_write(0, PAGES, 1);
	need(!log_data(LOG), "start");
	reported();
	ksft_test_result(!ioctl(vm, KVM_S390_MEM_OP, &op) && reported() == 2 &&
			 bit(299) && bit(300), "MEM_OP over two pages\n");
	free_vm();
}

/* An adapter interrupt by irqfd: the kernel sets bits in pages that it pins. */
static void test_indicators(void)
{
	struct kvm_enable_cap irqchip = { .cap = KVM_CAP_S390_IRQCHIP };
	struct kvm_create_device flic = { .type = KVM_DEV_TYPE_FLIC };
	struct kvm_s390_io_adapter adapter = { .id = 1, .isc = 3 };
	struct kvm_device_attr attr = {
		.group = KVM_DEV_FLIC_ADAPTER_REGISTER,
		.addr = (uintptr_t)&adapter,
	};
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} routing = {
		.head.nr = 1,
		.entry.gsi = 5,
		.entry.type = KVM_IRQ_ROUTING_S390_ADAPTER,
		.entry.u.adapter.adapter_id = 1,
		.entry.u.adapter.ind_addr = DATA_GPA + 20 * PAGE,
		.entry.u.adapter.summary_addr = DATA_GPA + 30 * PAGE,
	};
	struct kvm_irqfd irqfd = { .gsi = 5 };
	uint64_t one = 1;
	int ms;

	make_vm();
	guest_write(0, PAGES, 1);
	need(!ioctl(vm, KVM_ENABLE_CAP, &irqchip), "KVM_CAP_S390_IRQCHIP");
	need(!ioctl(vm, KVM_CREATE_DEVICE, &flic), "KVM_CREATE_DEVICE");
	need(!ioctl(flic.fd, KVM_SET_DEVICE_ATTR, &attr), "adapter");
	need(!ioctl(vm, KVM_SET_GSI_ROUTING, &routing), "KVM_SET_GSI_ROUTING");
	irqfd.fd = eventfd(0, 0);
	need((int)irqfd.fd >= 0 && !ioctl(vm, KVM_IRQFD, &irqfd), "KVM_IRQFD");
	memset(data + 20 * PAGE, 0, PAGE);
	memset(data + 30 * PAGE, 0, PAGE);
	need(!log_data(LOG), "start");
	reported();
	need(write(irqfd.fd, &one, sizeof(one)) == sizeof(one), "eventfd");
	for (ms = 0; ms < 5000 && !__atomic_load_n((uint64_t *)(data + 30 * PAGE),
						   __ATOMIC_SEQ_CST); ms++)
		usleep(1000);
	/* The summary is set; its mark is a few instructions behind. */
	usleep(50000);
	ksft_test_result(reported() == 2 && bit(20) && bit(30),
			 "adapter interrupt: both indicators' pages\n");
	close(irqfd.fd);
	close(flic.fd);
	free_vm();
}

/* A slot is deleted, made again, moved; its log goes with it or stays. */
static void test_slots(void)
{
	make_vm();
	need(!log_data(LOG), "start");
	guest_write(7, 1, 1);
	ksft_test_result(!set_slot(DATA_SLOT, DATA_GPA + 8 * SEGMENT, data, SIZE, LOG) &&
			 reported() >= 1 && bit(7), "a move keeps what is dirty\n");
	data[9 * PAGE] = 1;
	ksft_test_result(reported() == 1 && bit(9), "and goes on logging\n");
	ksft_test_result(!set_slot(DATA_SLOT, 0, NULL, 0, 0) && get(bitmap) == ENOENT,
			 "the slot is deleted: ENOENT\n");
	data[9 * PAGE] = 2;
	ksft_test_result(!log_data(LOG) && reported() == 0,
			 "it is made again, and logs: clean\n");
	data[9 * PAGE] = 3;
	ksft_test_result(reported() == 1 && bit(9), "what was writable is logged\n");
	free_vm();
}

static void test_ucontrol(void)
{
	vm = ioctl(kvm, KVM_CREATE_VM, KVM_VM_S390_UCONTROL);
	if (vm < 0) {
		ksft_test_result_skip("ucontrol: %s\n", strerror(errno));
		return;
	}
	ksft_test_result(get(bitmap) == EINVAL && clear(0, 64, bitmap) == EINVAL,
			 "ucontrol: EINVAL\n");
	close(vm);
}

/* Rounds of guest and VMM stores; the copy is made of what is reported. */
static void test_copy(const char *name, uint64_t protect)
{
	static uint8_t copy[SIZE];
	unsigned long i, round, pages = 0, different = 0;
	unsigned int state = 1;

	make_vm();
	if (protect)
		need(!manual_protect(protect), "manual protect");
	guest_write(0, PAGES, 1);
	need(!log_data(LOG), "start");
	memcpy(copy, data, SIZE);
	for (round = 0; round <= 60; round++) {
		if (round < 60) {
			state = state * 1103515245 + 12345;
			guest_write(state / 65536 % 256, 1 + state / 256 % 60,
				    1 + state / 4096 % 8);
			data[(state / 7 % PAGES) * PAGE + 99]++;
			if (round % 8 == 0)
				need(!mprotect(data, SIZE, PROT_READ) &&
				     !mprotect(data, SIZE, PROT_READ | PROT_WRITE),
				     "mprotect");
		}
		need(!get(bitmap), "GET");
		need(!protect || !clear(0, PAGES, bitmap), "CLEAR");
		for (i = 0; i < PAGES; i++) {
			if (bit(i))
				memcpy(copy + i * PAGE, data + i * PAGE, PAGE);
		}
		pages += count();
	}
	for (i = 0; i < PAGES; i++)
		different += !!memcmp(copy + i * PAGE, data + i * PAGE, PAGE);
	ksft_print_msg("%s: %lu pages reported\n", name, pages);
	ksft_test_result(!different && pages, "%s: %lu pages of the copy differ\n",
			 name, different);
	free_vm();
}

int main(void)
{
	ksft_print_header();
	kvm = open("/dev/kvm", O_RDWR);
	if (kvm < 0)
		ksft_exit_skip("/dev/kvm: %s\n", strerror(errno));
	ksft_set_plan(10 + 7 + 3 + 1 + 1 + 5 + 1 + 3);
	data = map(SIZE);
	bitmap = map(BYTES);
	test_get();
	test_clear();
	test_initially_set();
	test_mem_op();
	test_indicators();
	test_slots();
	test_ucontrol();
	test_copy("copy by GET", 0);
	test_copy("copy by CLEAR", MANUAL);
	test_copy("copy by CLEAR, INITIALLY_SET", MANUAL | KVM_DIRTY_LOG_INITIALLY_SET);
	ksft_finished();
}
