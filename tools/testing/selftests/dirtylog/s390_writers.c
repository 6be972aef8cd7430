// SPDX-License-Identifier: GPL-2.0
/*
 * Those who write to a guest's memory and are not the guest, on s390: each page is
 * reported, and no other.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_s390.h"

#define PAGES		(3 * SEGMENT_PAGES)
#define SIZE		(PAGES * PAGE)
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define OTHER_SLOT	2
#define INDICATOR	20
#define SUMMARY		30
#define GSI		5
#define WAIT_MS		5000

static struct guest guest;
static uint8_t *data, bitmap[LOG_BYTES(PAGES)];

static unsigned long reported(void)
{
	return guest_reported(&guest, DATA_SLOT, bitmap, PAGES);
}

/* All pages were written before logging starts, by guest or VMM. */
static void start(bool by_guest)
{
	guest_make(&guest, GUEST_GPA, data, SIZE, 0);
	memset(data, 1, SIZE);
	if (by_guest)
		guest_write(&guest, GUEST_GPA, PAGES, 1);
	if (guest_set_slot(&guest, DATA_SLOT, GUEST_GPA, data, SIZE, LOG))
		guest_die("start");
	reported();
}

static void test_mem_op(bool by_guest, const char *text)
{
	start(by_guest);
	if (guest_mem_op(&guest, GUEST_GPA + 300 * PAGE - 4, "dirtylog", 8))
		guest_die("KVM_S390_MEM_OP");
	ksft_test_result(reported() == 2 && guest_bit(bitmap, 299) &&
			 guest_bit(bitmap, 300), "MEM_OP over two pages%s\n", text);
	guest_free(&guest);
}

static void test_vmm(bool by_guest, const char *text)
{
	start(by_guest);
	data[300 * PAGE] = 7;
	ksft_test_result(reported() == 1 && guest_bit(bitmap, 300),
			 "the VMM's store%s\n", text);
	guest_free(&guest);
}

static void test_key(bool by_guest, const char *text)
{
	uint8_t key = 0x30;
	struct kvm_s390_skeys keys = {
		.start_gfn = GUEST_GPA / PAGE + 300,
		.count = 1,
		.skeydata_addr = (uintptr_t)&key,
	};

	start(by_guest);
	/* The first key of all makes the mm one that has keys. */
	if (ioctl(guest.vm, KVM_S390_SET_SKEYS, &keys))
		guest_die("KVM_S390_SET_SKEYS");
	reported();
	key = 0x50;
	if (ioctl(guest.vm, KVM_S390_SET_SKEYS, &keys))
		guest_die("KVM_S390_SET_SKEYS");
	ksft_test_result(reported() == 1 && guest_bit(bitmap, 300),
			 "a storage key%s\n", text);
	guest_free(&guest);
}

/* An adapter interrupt by irqfd: the kernel sets bits in pages that it pins. */
static void adapter_interrupt(void)
{
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
		.entry.gsi = GSI,
		.entry.type = KVM_IRQ_ROUTING_S390_ADAPTER,
		.entry.u.adapter.adapter_id = 1,
		.entry.u.adapter.ind_addr = GUEST_GPA + INDICATOR * PAGE,
		.entry.u.adapter.summary_addr = GUEST_GPA + SUMMARY * PAGE,
	};
	struct kvm_irqfd irqfd = { .fd = eventfd(0, 0), .gsi = GSI };
	uint64_t *summary = (uint64_t *)(data + SUMMARY * PAGE), one = 1;
	int ms;

	memset(data + INDICATOR * PAGE, 0, PAGE);
	memset(summary, 0, PAGE);
	reported();
	if (guest_enable_cap(&guest, KVM_CAP_S390_IRQCHIP, 0) ||
	    ioctl(guest.vm, KVM_CREATE_DEVICE, &flic) ||
	    ioctl(flic.fd, KVM_SET_DEVICE_ATTR, &attr) ||
	    ioctl(guest.vm, KVM_SET_GSI_ROUTING, &routing) ||
	    ioctl(guest.vm, KVM_IRQFD, &irqfd))
		guest_die("irqfd on an adapter route");
	if (write(irqfd.fd, &one, sizeof(one)) != sizeof(one))
		guest_die("eventfd");
	for (ms = 0; ms < WAIT_MS && !__atomic_load_n(summary, __ATOMIC_SEQ_CST); ms++)
		usleep(1000);
	if (!*summary || !*(uint64_t *)(data + INDICATOR * PAGE))
		ksft_exit_fail_msg("the adapter interrupt sets no indicators\n");
	/* The mark is a few instructions behind. */
	usleep(50000);
	close(irqfd.fd);
	close(flic.fd);
}

static void test_indicators(void)
{
	start(true);
	adapter_interrupt();
	ksft_test_result(reported() == 2 && guest_bit(bitmap, INDICATOR) &&
			 guest_bit(bitmap, SUMMARY),
			 "adapter interrupt: both indicators' pages\n");
	guest_free(&guest);
}

/* Guest memory lies where a host address of other guest memory would be. */
static void test_wrong_gfn(void)
{
	unsigned long extra;
	uint8_t *other = guest_map(SIZE);

	start(true);
	if (guest_set_slot(&guest, OTHER_SLOT, (uintptr_t)data, other, SIZE, LOG))
		guest_die("slot at a host address");
	adapter_interrupt();
	extra = guest_reported(&guest, OTHER_SLOT, bitmap, PAGES);
	ksft_print_msg("pages of the other slot: %lu, page %d: %d, page %d: %d\n", extra,
		       INDICATOR, guest_bit(bitmap, INDICATOR), SUMMARY,
		       guest_bit(bitmap, SUMMARY));
	ksft_test_result(!extra, "adapter interrupt: no page elsewhere\n");
	guest_free(&guest);
}

int main(void)
{
	static const char untouched[] = ", where no guest was";

	ksft_print_header();
	guest_open();
	ksft_set_plan(8);
	data = guest_map(SIZE);
	test_mem_op(true, "");
	test_mem_op(false, untouched);
	test_vmm(true, "");
	test_vmm(false, untouched);
	test_key(true, "");
	test_key(false, untouched);
	test_indicators();
	test_wrong_gfn();
	ksft_finished();
}
