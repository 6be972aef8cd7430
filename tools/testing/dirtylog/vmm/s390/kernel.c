// SPDX-License-Identifier: GPL-2.0
/*
 * Writers in the kernel: MEM_OP, called by a thread beside the vCPUs, which says what
 * it wrote as the guest does; and, into each vCPU's prefix pages, what delivers I/O
 * interrupts (the first page) and STORE STATUS (the second). They get pages of their
 * own at the end of the data slot, where no store of the guest's can make up for a
 * write of KVM's that nobody reported.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "prefix.h"

#define MEM_OP_PAGES	4
#define MEM_OP_PAUSE_NS	1000000
#define MEM_OP_STREAM	100	/* of random numbers; the modes have the first ones */

static struct mem_op {
	struct vm *vm;
	pthread_t thread;
	unsigned int line;
	bool stop;
} mem_op;

static unsigned int interrupts[MAX_VCPUS];

/* All prefixes, then the pages of MEM_OP */
u64 kernel_pages(const struct options *opt)
{
	return PREFIX_PAGES * opt->vcpus + MEM_OP_PAGES;
}

static u64 prefix_page(const struct vcpu *vcpu)
{
	return vcpu->vm->guest_pages + PREFIX_PAGES * vcpu->id;
}

u64 prefix_of(const struct vcpu *vcpu)
{
	return (vcpu->vm->opt->base_gfn + prefix_page(vcpu)) << PAGE_SHIFT;
}

struct psw *psw_of(const struct vcpu *vcpu, unsigned int offset)
{
	return (struct psw *)(vcpu->vm->data + (prefix_page(vcpu) << PAGE_SHIFT) + offset);
}

void kernel_create(struct vm *vm)
{
	vm_need_cap(vm, KVM_CAP_S390_MEM_OP_EXTENSION, 1, "KVM_CAP_S390_MEM_OP_EXTENSION");
	memset(interrupts, 0, sizeof(interrupts));
	mem_op = (struct mem_op) { .vm = vm, .line = vm->nr_lines++ };
}

static void *mem_op_thread(void *arg)
{
	const struct timespec pause = { .tv_nsec = MEM_OP_PAUSE_NS };
	struct vm *vm = mem_op.vm;
	u64 first = (vm->npages - MEM_OP_PAGES) << PAGE_SHIFT;
	struct rng rng;
	u32 value;
	struct kvm_s390_mem_op op = {
		.op = KVM_S390_MEMOP_ABSOLUTE_WRITE,
		.size = sizeof(value),
		.buf = (unsigned long)&value,
	};

	rng_init(&rng, vm->opt->seed, MEM_OP_STREAM);
	while (!__atomic_load_n(&mem_op.stop, __ATOMIC_SEQ_CST)) {
		u64 offset = first + rng_below(&rng, MEM_OP_PAGES * PAGE_BYTES -
						     sizeof(value) + 1);

		value = rng_next(&rng);
		op.gaddr = (vm->opt->base_gfn << PAGE_SHIFT) + offset;
		vm_announce(vm, mem_op.line, offset);
		if (ioctl(vm->fd, KVM_S390_MEM_OP, &op))
			die(EXIT_DIFFERS, "KVM_S390_MEM_OP at %#llx: %s", op.gaddr,
			    strerror(errno));
		vm_note(vm, mem_op.line, offset);
		nanosleep(&pause, NULL);
	}
	return arg;
}

void kernel_start(struct vm *vm)
{
	int err = pthread_create(&mem_op.thread, NULL, mem_op_thread, NULL);

	(void)vm;
	if (err)
		die(EXIT_DIFFERS, "starting the thread for MEM_OP: %s", strerror(err));
}

/* An interrupt for each vCPU, which is sent to store its status as well */
void kernel_write(struct vm *vm)
{
	static u32 parameter;
	unsigned int i;

	parameter++;
	for (i = 0; i < vm->nr_running; i++) {
		struct kvm_s390_interrupt io = {
			.type = KVM_S390_INT_IO(0, 0, 0, 0),
			.parm = 0x10000 | i,
			.parm64 = (u64)parameter << 32 | i << 27,
		};

		if (ioctl(vm->fd, KVM_S390_INTERRUPT, &io))
			die(EXIT_DIFFERS, "KVM_S390_INTERRUPT: %s", strerror(errno));
		pthread_kill(vm->vcpu[i].thread, SIGUSR1);
	}
}

void kernel_write_as_vcpu(struct vcpu *vcpu)
{
	if (ioctl(vcpu->fd, KVM_S390_STORE_STATUS, KVM_S390_STORE_STATUS_PREFIXED))
		die(EXIT_DIFFERS, "KVM_S390_STORE_STATUS: %s", strerror(errno));
}

void kernel_interrupted(const struct vcpu *vcpu)
{
	__atomic_fetch_add(&interrupts[vcpu->id], 1, __ATOMIC_SEQ_CST);
}

/* The vCPUs still run: what they have not taken by now, they never will */
void kernel_stop(struct vm *vm)
{
	unsigned int i;
	int err;

	__atomic_store_n(&mem_op.stop, true, __ATOMIC_SEQ_CST);
	err = pthread_join(mem_op.thread, NULL);
	if (err)
		die(EXIT_DIFFERS, "joining the thread for MEM_OP: %s", strerror(err));
	for (i = 0; i < vm->nr_running; i++)
		if (!__atomic_load_n(&interrupts[i], __ATOMIC_SEQ_CST))
			die(EXIT_DIFFERS, "vCPU %u never took an interrupt", i);
}
