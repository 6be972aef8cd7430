// SPDX-License-Identifier: GPL-2.0
/*
 * Marks that are under way while a tracker comes or goes. A mark that runs on
 * another CPU, and takes its time, is played by a thread in an RCU reader.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/srcu.h>
#include <kunit/test.h>

#include "mock_vm.h"
#include "reader.h"

struct marker {
	bool entered;
	bool left;
};

static int marker_thread(void *data)
{
	struct marker *marker = data;

	rcu_read_lock();
	/* Pairs with marker_start(). */
	smp_store_release(&marker->entered, true);
	mdelay(50);
	/* Pairs with marker_is_over(). */
	smp_store_release(&marker->left, true);
	rcu_read_unlock();

	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	return 0;
}

static bool marker_is_over(struct marker *marker)
{
	/* Pairs with marker_thread(). */
	return smp_load_acquire(&marker->left);
}

static void stop_marker(void *task)
{
	kthread_stop(task);
}

/* Return: a mark that is under way on another CPU. */
static struct marker *marker_start(struct kunit *test)
{
	struct marker *marker = mock_zalloc(test, 1, sizeof(*marker));
	struct task_struct *task;

	task = kthread_create(marker_thread, marker, "dirtylog/mark");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	kthread_bind(task, cpumask_any_but(cpu_online_mask,
					   raw_smp_processor_id()));
	wake_up_process(task);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, stop_marker, task));
	/* Pairs with marker_thread(). */
	while (!smp_load_acquire(&marker->entered))
		usleep_range(100, 200);
	return marker;
}

static int check_marker(struct mock_mmu *mmu, enum mock_point point)
{
	if (point == MOCK_ARM || point == MOCK_PROTECT)
		mock_mmu_check(mmu, marker_is_over(mmu->hook_data),
			       "armed beside a mark that may miss the tracker");
	return 0;
}

static struct mock_vm *vm_create(struct kunit *test)
{
	if (num_online_cpus() < 2)
		kunit_skip(test, "takes two CPUs");
	return mock_vm_create(test, 0, 100, 1);
}

/* Arming comes after every mark that may not have seen the tracker. */
static void grace_arm(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct reader *reader = reader_alloc(test, &vm->rig, 0);
	struct marker *marker = marker_start(test);

	mock_vm_hook(vm, check_marker, marker);
	KUNIT_ASSERT_EQ(test, 0, reader_start(reader, DIRTYLOG_START_ARM));
	KUNIT_EXPECT_EQ(test, 0, reader_arm(reader));
	KUNIT_EXPECT_EQ(test, 1, vm->mmus[0].count[MOCK_ARM]);
	mock_vm_hook(vm, NULL, NULL);
	mock_vm_check(vm, test);
}

/* The same where another tracker says what has to be armed. */
static void grace_arm_second(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct reader *second = reader_alloc(test, &vm->rig, 0);
	struct marker *marker;

	reader_attach(test, &vm->rig, 0, DIRTYLOG_START_CLEAN);
	mock_guest_write(&vm->mmus[0].vcpus[0], 7, 1);
	marker = marker_start(test);
	mock_vm_hook(vm, check_marker, marker);
	KUNIT_ASSERT_EQ(test, 0, reader_start(second, DIRTYLOG_START_ARM));
	KUNIT_EXPECT_EQ(test, 0, reader_arm(second));
	KUNIT_EXPECT_EQ(test, 1, vm->mmus[0].count[MOCK_PROTECT]);
	mock_vm_hook(vm, NULL, NULL);
	mock_vm_check(vm, test);
}

/* A record is freed after every mark that may still write to it. */
static void grace_detach(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct reader *reader = reader_attach(test, &vm->rig, 0,
					      DIRTYLOG_START_CLEAN);
	struct marker *marker = marker_start(test);

	dirtylog_detach(&reader->tracker, vm);
	KUNIT_EXPECT_TRUE(test, marker_is_over(marker));
	mock_vm_check(vm, test);
}

/* A window in an RCU read-side section is closed when quiesce returns. */
static void grace_quiesce(struct kunit *test)
{
	struct mock_vm *vm = vm_create(test);
	struct marker *marker = marker_start(test);

	KUNIT_EXPECT_EQ(test, 0, dirtylog_quiesce(&vm->log, vm));
	KUNIT_EXPECT_TRUE(test, marker_is_over(marker));
}

DEFINE_STATIC_SRCU(owners_srcu);
static DEFINE_MUTEX(owners_lock);

static int quiesce_protect(struct dirtylog_mapping *mapping, void *owner,
			   const struct dirtylog_batch *batch)
{
	return 0;
}

static int quiesce_arm(struct dirtylog_mapping *mapping, void *owner)
{
	return 0;
}

static void quiesce_flush(struct dirtylog_mapping *mapping, void *owner)
{
}

static int quiesce_wait(struct dirtylog_mapping *mapping, void *owner)
{
	synchronize_srcu(&owners_srcu);
	return 0;
}

static const struct dirtylog_ops quiesce_ops = {
	.protect	= quiesce_protect,
	.arm		= quiesce_arm,
	.flush		= quiesce_flush,
	.quiesce	= quiesce_wait,
};

/*
 * An owner's lock is taken within sections that quiesce waits for, and is held where a
 * log is made. It is lockdep who sees the mistake, if it is one.
 */
static void grace_quiesce_and_lock(struct kunit *test)
{
	struct dirtylog_mapping mapping = { .ops = &quiesce_ops };
	struct dirtylog_tracker tracker;
	struct dirtylog log;
	int idx;

	idx = srcu_read_lock(&owners_srcu);
	mutex_lock(&owners_lock);
	mutex_unlock(&owners_lock);
	srcu_read_unlock(&owners_srcu, idx);

	mutex_lock(&owners_lock);
	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&log, 100));
	KUNIT_EXPECT_EQ(test, 0, dirtylog_map(&log, &mapping));
	KUNIT_EXPECT_EQ(test, 0,
			dirtylog_attach(&log, &tracker, 0,
					DIRTYLOG_START_CLEAN | DIRTYLOG_UNSHARED));
	mutex_unlock(&owners_lock);

	KUNIT_EXPECT_EQ(test, 0, dirtylog_quiesce(&log, NULL));
	dirtylog_destroy(&log);
}

static struct kunit_case grace_cases[] = {
	KUNIT_CASE(grace_arm),
	KUNIT_CASE(grace_arm_second),
	KUNIT_CASE(grace_detach),
	KUNIT_CASE(grace_quiesce),
	KUNIT_CASE(grace_quiesce_and_lock),
	{}
};

static struct kunit_suite grace_suite = {
	.name = "dirtylog_grace",
	.test_cases = grace_cases,
};

kunit_test_suite(grace_suite);
