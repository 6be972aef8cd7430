// SPDX-License-Identifier: GPL-2.0
/*
 * Dirty logs in guest address spaces: the contract, and what is s390's own.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <asm/facility.h>
#include <asm/setup.h>

#include "contract.h"
#include "gmap_rig.h"
#include "soft_vcpu.h"

#define NR	600UL

static struct gmap_rig *make(struct kunit *test)
{
	return to_gmap_rig(gmap_rig_create(test, 0, NR));
}

static void guest_write(struct gmap_rig *g, unsigned long frame, u32 value)
{
	g->rig.ops->guest_write(&g->rig, 0, frame, value);
}

/* What the tests take for granted of the machine. */
static void gmap_machine(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, MACHINE_HAS_ESOP);
	KUNIT_EXPECT_TRUE(test, MACHINE_HAS_IDTE);
	KUNIT_EXPECT_TRUE(test, IS_ENABLED(CONFIG_DIRTYLOG_TCG_IPTE));
}

/* The software vCPU does what a guest would, and says why it cannot. */
static void gmap_soft_vcpu(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	unsigned long gaddr = gmap_rig_gaddr(g, 3);
	struct soft_vcpu_session s;
	unsigned int code;
	u32 value = 0;

	soft_vcpu_enter(&s, g->gmaps[0]->asce);
	code = soft_vcpu_store(&s, gaddr + 8, 1);
	soft_vcpu_leave(&s);
	KUNIT_EXPECT_GE(test, code, SOFT_VCPU_SEGMENT_TRANSLATION);
	KUNIT_EXPECT_EQ(test, gaddr, s.teid.addr * PAGE_SIZE);

	KUNIT_ASSERT_EQ(test, 0, gmap_fault(g->gmaps[0], gaddr, FAULT_FLAG_WRITE));
	soft_vcpu_enter(&s, g->gmaps[0]->asce);
	code = soft_vcpu_store(&s, gaddr, 0x12345678);
	if (!code)
		code = soft_vcpu_load(&s, gaddr, &value);
	soft_vcpu_leave(&s);
	KUNIT_EXPECT_EQ(test, 0, code);
	KUNIT_EXPECT_EQ(test, 0x12345678, value);
	KUNIT_EXPECT_EQ(test, 0x12345678, g->rig.ops->read(&g->rig, 3));

	mmap_read_lock(g->mm);
	gmap_dirtylog_protect(&g->range, NULL);
	mmap_read_unlock(g->mm);
	soft_vcpu_enter(&s, g->gmaps[0]->asce);
	code = soft_vcpu_store(&s, gaddr, 1);
	soft_vcpu_leave(&s);
	KUNIT_EXPECT_EQ(test, SOFT_VCPU_PROTECTION, code);
	KUNIT_EXPECT_EQ(test, gaddr, s.teid.addr * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, 0x12345678, g->rig.ops->read(&g->rig, 3));
}

struct access {
	bool flush;
	unsigned int first, second;
};

/* Within one session, with the entry in the TLB: a store after it was protected. */
static void store_protect_store(struct gmap_rig *g, unsigned long frame,
				pte_t *ptep, void *data)
{
	unsigned long gaddr = gmap_rig_gaddr(g, frame);
	struct soft_vcpu_session s;
	struct access *access = data;

	soft_vcpu_enter(&s, g->gmaps[0]->asce);
	access->first = soft_vcpu_store(&s, gaddr, 2);
	if (access->flush)
		ptep_dirtylog_protect(g->mm, gmap_rig_vmaddr(g, frame), ptep);
	else
		set_pte(ptep, set_pte_bit(*ptep, __pgprot(_PAGE_PROTECT)));
	access->second = soft_vcpu_store(&s, gaddr, 3);
	soft_vcpu_leave(&s);
}

/* Return: the program interruption code of the second store. */
static unsigned int store_after(struct kunit *test, bool flush)
{
	struct gmap_rig *g = make(test);
	struct access access = { .flush = flush };

	guest_write(g, 5, 1);
	KUNIT_ASSERT_TRUE(test, gmap_rig_entry(g, 5, store_protect_store, &access));
	KUNIT_EXPECT_EQ(test, 0, access.first);
	return access.second;
}

static void gmap_flush(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, SOFT_VCPU_PROTECTION, store_after(test, true));
}

/* Rule 6: what a CPU owes to its TLB is paid by a flush, whatever was protected. */
static void gmap_flush_lazy(struct kunit *test)
{
	struct gmap_rig *g = make(test);

	guest_write(g, 5, 1);
	g->mm->context.flush_mm = 1;
	dirtylog_flush(&g->log, NULL);
	KUNIT_EXPECT_EQ(test, 0, g->mm->context.flush_mm);
}

/* The bug on purpose: the machine would notice a protect that does not flush. */
static void control_flush_missing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, store_after(test, false));
}

/* Who wants to know of a change (a vCPU's prefix page) is told, by guest address. */
static void gmap_notifies(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	unsigned long gaddr = gmap_rig_gaddr(g, 300);
	struct gmap_rig_notified *notified = gmap_rig_notify(test);

	guest_write(g, 299, 1);
	guest_write(g, 300, 1);
	KUNIT_ASSERT_EQ(test, 0, gmap_mprotect_notify(g->gmaps[0], gaddr, PAGE_SIZE,
						      PROT_WRITE));
	notified->calls = 0;
	mmap_read_lock(g->mm);
	gmap_dirtylog_protect(&g->range, NULL);
	mmap_read_unlock(g->mm);
	KUNIT_EXPECT_EQ(test, 1, notified->calls);
	KUNIT_EXPECT_EQ(test, gaddr, notified->start);
	KUNIT_EXPECT_EQ(test, gaddr + PAGE_SIZE - 1, notified->end);
}

/* The bits of a tracker, as the next harvest would show them. */
static bool is_dirty(struct reader *reader, unsigned long frame)
{
	return test_bit(frame, reader->tracker.record.level[0]);
}

/* A change of the guest's storage key is a change of the page. */
static void gmap_storage_key(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader;

	guest_write(g, 7, 1);
	guest_write(g, 8, 1);
	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	mmap_read_lock(g->mm);
	KUNIT_EXPECT_EQ(test, 0, set_guest_storage_key(g->mm, gmap_rig_vmaddr(g, 7),
						       0x30, false));
	mmap_read_unlock(g->mm);
	KUNIT_EXPECT_TRUE(test, is_dirty(reader, 7));
	KUNIT_EXPECT_FALSE(test, is_dirty(reader, 8));
}

/*
 * An entry that was there before the mm had PGSTEs: no bit in them says that it was
 * written, and it is armed all the same.
 */
static void forget_change(struct gmap_rig *g, unsigned long frame, pte_t *ptep,
			  void *data)
{
	unsigned long *pgste = (unsigned long *)(ptep + PTRS_PER_PTE);

	*pgste &= ~PGSTE_UC_BIT;
}

static void gmap_without_evidence(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct reader *reader;

	guest_write(g, 9, 1);
	KUNIT_ASSERT_TRUE(test, gmap_rig_entry(g, 9, forget_change, NULL));
	reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	guest_write(g, 9, 2);
	KUNIT_EXPECT_TRUE(test, is_dirty(reader, 9));
	KUNIT_ASSERT_EQ(test, 0, reader_harvest_all(reader));
	KUNIT_EXPECT_EQ(test, NR, reader_diff(reader));
}

/* Two logs over one range of the mm, as of two VMs in one process. */
static void gmap_two_logs(struct kunit *test)
{
	struct gmap_rig *g = make(test);
	struct dirtylog other;
	struct dirtylog_tracker tracker;
	struct gmap_dirtylog range = {
		.start = gmap_rig_vmaddr(g, 100),
		.size = 50UL << PAGE_SHIFT,
		.mapping.ops = &gmap_rig_mapping_ops,
	};
	struct reader *reader = reader_attach(test, &g->rig, 0, DIRTYLOG_START_ARM);
	bool ok;

	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&other, 50));
	ok = !dirtylog_map(&other, &range.mapping) &&
	     !dirtylog_attach(&other, &tracker, 0, DIRTYLOG_START_CLEAN);
	gmap_dirtylog_add(&range, g->mm);
	guest_write(g, 99, 1);
	guest_write(g, 110, 1);
	guest_write(g, 150, 1);
	gmap_dirtylog_remove(&range);
	guest_write(g, 111, 1);
	ok = ok && test_bit(10, tracker.record.level[0]) &&
	     bitmap_weight(tracker.record.level[0], 50) == 1;
	dirtylog_destroy(&other);
	KUNIT_EXPECT_TRUE(test, ok);
	KUNIT_EXPECT_TRUE(test, is_dirty(reader, 99));
	KUNIT_EXPECT_TRUE(test, is_dirty(reader, 110));
	KUNIT_EXPECT_TRUE(test, is_dirty(reader, 111));
	KUNIT_EXPECT_TRUE(test, is_dirty(reader, 150));
}

static struct kunit_case gmap_cases[] = {
	KUNIT_CASE(gmap_machine),
	KUNIT_CASE(gmap_soft_vcpu),
	KUNIT_CASE(gmap_flush),
	KUNIT_CASE(gmap_flush_lazy),
	KUNIT_CASE(control_flush_missing),
	KUNIT_CASE(gmap_notifies),
	KUNIT_CASE(gmap_storage_key),
	KUNIT_CASE(gmap_without_evidence),
	KUNIT_CASE(gmap_two_logs),
	{}
};

static struct kunit_suite gmap_suite = {
	.name = "gmap_dirtylog",
	.test_cases = gmap_cases,
};

DIRTYLOG_CONTRACT_SUITE(gmap_contract_4k, gmap_rig_create);
DIRTYLOG_CONTRACT_SUITE(gmap_contract_4k_two, gmap_rig_create_two);
DIRTYLOG_CONTRACT_SUITE(gmap_contract_large_two, gmap_rig_create_large_two);
DIRTYLOG_CONTRACT_SUITE(gmap_contract_large_host, gmap_rig_create_large_host);
DIRTYLOG_CONTRACT_SUITE(gmap_contract_split_two, gmap_rig_create_split_two);

kunit_test_suites(&gmap_suite, &gmap_contract_4k, &gmap_contract_4k_two,
		  &gmap_contract_large_two, &gmap_contract_large_host,
		  &gmap_contract_split_two);
