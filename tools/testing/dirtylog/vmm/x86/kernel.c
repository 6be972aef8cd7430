// SPDX-License-Identifier: GPL-2.0
/*
 * Writers in the kernel: KVM keeps clocks and steal time in guest memory. They get
 * pages of their own at the end of the data slot, where no store of the guest's
 * can make up for a write of KVM's that nobody reported.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "precopy.h"

/* Documentation/virt/kvm/x86/msr.rst */
#define MSR_KVM_WALL_CLOCK_NEW	0x4b564d00
#define MSR_KVM_SYSTEM_TIME_NEW	0x4b564d01
#define MSR_KVM_STEAL_TIME	0x4b564d03
#define MSR_ENABLED		BIT(0)

static bool set_wall_clock;

/* One page for the wall clock, and for each vCPU one for each of its two MSRs */
u64 kernel_pages(const struct options *opt)
{
	return 1 + 2 * opt->vcpus;
}

static u64 gpa_of(struct vm *vm, unsigned int n)
{
	return (vm->opt->base_gfn + vm->guest_pages + n) << PAGE_SHIFT;
}

static bool set_msr(struct vcpu *vcpu, u32 index, u64 value)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = {
		.head.nmsrs = 1,
		.entry.index = index,
		.entry.data = value,
	};

	return ioctl(vcpu->fd, KVM_SET_MSRS, &msrs) == 1;
}

void kernel_create(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->opt->vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpu[i];

		if (!set_msr(vcpu, MSR_KVM_SYSTEM_TIME_NEW,
			     gpa_of(vm, 1 + 2 * i) | MSR_ENABLED) ||
		    !set_msr(vcpu, MSR_KVM_STEAL_TIME,
			     gpa_of(vm, 2 + 2 * i) | MSR_ENABLED))
			die(EXIT_BAD_INPUT, "this KVM has no kvmclock or no steal time");
	}
}

/* Nothing is written by anybody but the vCPUs' threads */
void kernel_start(struct vm *vm)
{
	(void)vm;
}

void kernel_stop(struct vm *vm)
{
	(void)vm;
}

/*
 * Make KVM write: the VM's clock is set, which each vCPU writes down when it next
 * enters the guest, and vCPU 0 is sent to set the wall clock. Steal time is
 * written whenever a vCPU's thread comes or goes.
 */
void kernel_write(struct vm *vm)
{
	struct kvm_clock_data clock = { 0 };
	unsigned int i;

	if (ioctl(vm->fd, KVM_GET_CLOCK, &clock))
		die(EXIT_DIFFERS, "KVM_GET_CLOCK: %s", strerror(errno));
	clock.flags = 0;
	clock.clock += 1000000;
	if (ioctl(vm->fd, KVM_SET_CLOCK, &clock))
		die(EXIT_DIFFERS, "KVM_SET_CLOCK: %s", strerror(errno));

	__atomic_store_n(&set_wall_clock, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < vm->nr_running; i++)
		pthread_kill(vm->vcpu[i].thread, SIGUSR1);
}

void kernel_write_as_vcpu(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	if (vcpu->id == 0 &&
	    __atomic_exchange_n(&set_wall_clock, false, __ATOMIC_SEQ_CST) &&
	    !set_msr(vcpu, MSR_KVM_WALL_CLOCK_NEW, gpa_of(vm, 0)))
		die(EXIT_DIFFERS, "the wall clock cannot be set");
}
