// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's guest writes to memory that is logged: L2, under AMD's SVM, with
 * nested paging and without. With it, KVM has shadow pages and rmaps beside the
 * TDP MMU's tables, and L2's addresses are not those of the log.
 *
 * L1 is a few instructions, which do VMRUN on a VMCB that is made here; L2
 * stores to random pages for ever. A reader copies what is reported, while L2
 * runs; in every round L2 is stopped, what is left is copied, and copy and
 * original must be equal.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "guest_x86.h"

#include "../kvm/include/x86_64/svm.h"

#define HUGE		(512 * PAGE)
#define DATA_GPA	(2 * HUGE)
#define PAGES		1024UL
#define BYTES		LOG_BYTES(PAGES)
/* Where L2 has the data if it has nested paging. */
#define NESTED_GPA	(6 * HUGE)

/* What L1 has besides, in pages from SYS_GPA on; not logged. */
#define SYS_SLOT	2
#define SYS_GPA		0x20000UL
enum { PML4, PDPT, PD, NPML4, NPDPT, NPD, VMCB, HSAVE, CODE, COUNTER, NR_SYS };
#define L2_CODE		0x100

#define PTE		0x67UL		/* present, writable, user, accessed, dirty */
#define PTE_LARGE	0x80UL

#define MSR_HSAVE	0xc0010117
#define EFER_LME	BIT(8)
#define EFER_LMA	BIT(10)
#define EFER_SVME	BIT(12)
#define CR0_PE		BIT(0)
#define CR0_ET		BIT(4)
#define CR0_PG		BIT(31)
#define CR4_PAE		BIT(5)
#define CPUID_SVM	BIT(2)		/* 0x80000001, ecx */
#define CPUID_NPT	BIT(0)		/* 0x8000000a, edx */
#define L1_PORT		0x11

#define ROUNDS		5
#define HARVESTS	3
#define MIN_STORES	40
#define DELAY		4000
#define PATIENCE_MS	10000

enum mode { GET, CLEAR, INIT_SET, NR_MODES };

static const char * const modes[NR_MODES] = { "GET", "CLEAR", "INITIALLY_SET" };

/* vmload, vmrun, vmsave, out L1_PORT, al, and again */
static const uint8_t l1_code[] = {
	0x0f, 0x01, 0xda, 0x0f, 0x01, 0xd8, 0x0f, 0x01, 0xdb,
	0xe6, L1_PORT, 0xeb, 0xf3,
};

/*
 * eax = eax * 1664525 + 1013904223; ecx = (eax >> 22) << 12; [edi + ecx] = eax;
 * ++[esi]; for (ecx = edx; --ecx;); and again
 */
static const uint8_t l2_code[] = {
	0x69, 0xc0, 0x0d, 0x66, 0x19, 0x00,
	0x05, 0x5f, 0xf3, 0x6e, 0x3c,
	0x89, 0xc1, 0xc1, 0xe9, 0x16, 0xc1, 0xe1, 0x0c,
	0x89, 0x04, 0x0f,
	0xff, 0x06,
	0x89, 0xd1, 0x49, 0x75, 0xfd,
	0xeb, 0xe1,
};

static struct guest guest;
static struct {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[128];
} cpuid;
static uint64_t bitmap[BYTES / 8];
static uint8_t *data, *copy, *sys;
static pthread_t thread;
static bool stop;

static void need(bool ok, const char *what)
{
	if (!ok)
		ksft_exit_fail_msg("%s: %s\n", what, strerror(errno));
}

static uint64_t sys_gpa(int page)
{
	return SYS_GPA + page * PAGE;
}

static void *sys_page(int page)
{
	return sys + page * PAGE;
}

static uint32_t stores(void)
{
	return __atomic_load_n((uint32_t *)sys_page(COUNTER), __ATOMIC_SEQ_CST);
}

static const struct kvm_cpuid_entry2 *cpuid_entry(uint32_t function)
{
	static const struct kvm_cpuid_entry2 none;
	unsigned int i;

	for (i = 0; i < cpuid.head.nent; i++)
		if (cpuid.entries[i].function == function)
			return &cpuid.entries[i];
	return &none;
}

static void get_cpuid(void)
{
	int kvm = open("/dev/kvm", O_RDWR);

	cpuid.head.nent = sizeof(cpuid.entries) / sizeof(*cpuid.entries);
	need(!ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid), "CPUID");
	close(kvm);
}

/* The first GiB; from @moved on, in large pages, the data are found instead. */
static void make_tables(int top, uint64_t moved)
{
	uint64_t *pd = sys_page(top + 2);
	unsigned long i;

	*(uint64_t *)sys_page(top) = sys_gpa(top + 1) | PTE;
	*(uint64_t *)sys_page(top + 1) = sys_gpa(top + 2) | PTE;
	for (i = 0; i < 512; i++)
		pd[i] = i * HUGE | PTE | PTE_LARGE;
	for (i = 0; i < PAGES * PAGE / HUGE; i++)
		pd[moved / HUGE + i] = (DATA_GPA + i * HUGE) | PTE | PTE_LARGE;
}

static void make_vmcb(bool npt)
{
	struct vmcb *vmcb = sys_page(VMCB);
	struct vmcb_seg data_seg = { .selector = 16, .attrib = 0xc93, .limit = -1U };
	struct vmcb_seg code_seg = { .selector = 8, .attrib = 0xc9b, .limit = -1U };

	vmcb->control.intercept = BIT_ULL(INTERCEPT_VMRUN) |
				  BIT_ULL(INTERCEPT_VMMCALL) |
				  BIT_ULL(INTERCEPT_SHUTDOWN);
	vmcb->control.asid = 1;
	if (npt) {
		vmcb->control.nested_ctl = SVM_NESTED_CTL_NP_ENABLE;
		vmcb->control.nested_cr3 = sys_gpa(NPML4);
	}
	vmcb->save.cs = code_seg;
	vmcb->save.ds = data_seg;
	vmcb->save.es = data_seg;
	vmcb->save.ss = data_seg;
	vmcb->save.efer = EFER_SVME;
	vmcb->save.cr0 = CR0_PE | CR0_ET;
	vmcb->save.dr6 = 0xffff0ff0;
	vmcb->save.dr7 = 0x400;
	vmcb->save.g_pat = 0x0007040600070406;
	vmcb->save.rflags = 2;
	vmcb->save.rip = sys_gpa(CODE) + L2_CODE;
}

static void make_vcpu(bool npt)
{
	struct kvm_regs regs = {
		.rip = sys_gpa(CODE),
		.rflags = 2,
		.rax = sys_gpa(VMCB),
		/* L2's, as all but rax are handed down. */
		.rdi = npt ? NESTED_GPA : DATA_GPA,
		.rsi = sys_gpa(COUNTER),
		.rdx = DELAY,
	};
	struct kvm_sregs sregs;

	guest_make_vcpu(&guest);
	need(!ioctl(guest.vcpu, KVM_SET_CPUID2, &cpuid), "KVM_SET_CPUID2");
	need(!ioctl(guest.vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs.l = 1;
	sregs.cs.db = 0;
	sregs.cr0 |= CR0_PE | CR0_PG;
	sregs.cr3 = sys_gpa(PML4);
	sregs.cr4 |= CR4_PAE;
	sregs.efer = EFER_LME | EFER_LMA | EFER_SVME;
	need(!ioctl(guest.vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	need(!ioctl(guest.vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
	need(guest_set_msr(&guest, MSR_HSAVE, sys_gpa(HSAVE)), "KVM_SET_MSRS");
}

static void set_data_slot(uint32_t flags)
{
	need(!guest_set_slot(&guest, DATA_SLOT, DATA_GPA, data, PAGES * PAGE,
			     flags), "data slot");
}

static void make_guest(enum mode mode, bool npt)
{
	static const uint64_t protect[NR_MODES] = {
		[CLEAR] = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE,
		[INIT_SET] = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE |
			     KVM_DIRTY_LOG_INITIALLY_SET,
	};

	memset(sys, 0, NR_SYS * PAGE);
	make_tables(PML4, DATA_GPA);
	make_tables(NPML4, NESTED_GPA);
	make_vmcb(npt);
	memcpy(sys_page(CODE), l1_code, sizeof(l1_code));
	memcpy(sys_page(CODE) + L2_CODE, l2_code, sizeof(l2_code));

	guest_make_vm(&guest);
	need(!guest_manual_protect(&guest, protect[mode]), "manual protect");
	need(!guest_set_slot(&guest, SYS_SLOT, SYS_GPA, sys, NR_SYS * PAGE, 0),
	     "slot");
	set_data_slot(0);
	make_vcpu(npt);
}

static void wake_up(int sig)
{
}

static void *vcpu_thread(void *unused)
{
	struct vmcb *vmcb = sys_page(VMCB);
	int r;

	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		r = guest_enter(&guest);
		if (r != -EINTR)
			ksft_exit_fail_msg("L1 left with %d, L2 with %#x\n", r,
					   vmcb->control.exit_code);
	}
	return NULL;
}

static void start_l2(void)
{
	stop = false;
	guest.run->immediate_exit = 0;
	need(!pthread_create(&thread, NULL, vcpu_thread, NULL), "a thread");
}

static void stop_l2(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&guest.run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
}

static void let_run(void)
{
	struct timespec ts = { .tv_nsec = 1000000 };
	uint32_t start = stores();
	int ms;

	for (ms = 0; stores() - start < MIN_STORES; ms++) {
		if (ms > PATIENCE_MS)
			ksft_exit_fail_msg("L2 does not run\n");
		nanosleep(&ts, NULL);
	}
}

/* Returns how many pages were reported. */
static unsigned long harvest(enum mode mode)
{
	unsigned long i;

	need(!guest_get(&guest, DATA_SLOT, bitmap), "GET");
	if (mode != GET)
		need(!guest_clear(&guest, DATA_SLOT, 0, PAGES, bitmap), "CLEAR");
	for (i = 0; i < PAGES; i++)
		if (guest_bit(bitmap, i))
			memcpy(copy + i * PAGE, data + i * PAGE, PAGE);
	return guest_count(bitmap, PAGES);
}

static unsigned long different(void)
{
	unsigned long i, n = 0;

	for (i = 0; i < PAGES; i++)
		n += !!memcmp(copy + i * PAGE, data + i * PAGE, PAGE);
	return n;
}

static void test(enum mode mode, bool npt, bool huge)
{
	unsigned long old = 0, again = 0, pages = 0;
	int round, i;

	/* A new mapping: where a page table is left over, no huge page comes. */
	need(mmap(data, PAGES * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		  -1, 0) == data, "mmap");
	if (huge)
		madvise(data, PAGES * PAGE, MADV_HUGEPAGE);
	else
		madvise(data, PAGES * PAGE, MADV_NOHUGEPAGE);
	memset(data, 0, PAGES * PAGE);
	make_guest(mode, npt);

	/* So that there is something to protect when the log starts. */
	start_l2();
	let_run();
	if (huge)
		guest_need_huge(&guest);
	set_data_slot(KVM_MEM_LOG_DIRTY_PAGES);
	memcpy(copy, data, PAGES * PAGE);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < HARVESTS; i++) {
			let_run();
			pages += harvest(mode);
		}
		let_run();
		stop_l2();
		pages += harvest(mode);
		old += different();
		again += harvest(mode);
		start_l2();
	}
	stop_l2();
	ksft_test_result(pages && !old && !again,
			 "%s, %s, %s: %lu pages reported, %lu copies old, %lu twice\n",
			 modes[mode], npt ? "nested paging" : "L2 without paging",
			 huge ? "huge pages" : "4K", pages, old, again);
	guest_free(&guest);
}

int main(void)
{
	struct sigaction action = { .sa_handler = wake_up };
	enum mode mode;
	int npt, npts, huge;

	ksft_print_header();
	guest_open();
	get_cpuid();
	if (!(cpuid_entry(0x80000001)->ecx & CPUID_SVM))
		ksft_exit_skip("no nested SVM\n");
	sigaction(SIGUSR1, &action, NULL);
	copy = guest_map(PAGES * PAGE);
	sys = guest_map(NR_SYS * PAGE);
	data = guest_map(PAGES * PAGE + HUGE);
	data = (void *)(((uintptr_t)data + HUGE - 1) & ~(HUGE - 1));

	npts = cpuid_entry(0x8000000a)->edx & CPUID_NPT ? 2 : 1;
	if (npts == 1)
		ksft_print_msg("no nested paging in this mode\n");
	ksft_set_plan(NR_MODES * npts * 2);
	for (mode = 0; mode < NR_MODES; mode++)
		for (npt = 0; npt < npts; npt++)
			for (huge = 0; huge < 2; huge++)
				test(mode, npt, huge);
	ksft_finished();
}
