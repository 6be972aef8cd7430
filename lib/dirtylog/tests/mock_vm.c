// SPDX-License-Identifier: GPL-2.0
/*
 * A guest on mock MMUs, and its rig.
 */
#include "mock_vm.h"

static void mock_vm_destroy(void *data)
{
	struct mock_vm *vm = data;

	dirtylog_destroy(&vm->log);
}

struct mock_vm *mock_vm_create(struct kunit *test, unsigned long base,
			       unsigned long nr_pages, unsigned int nr_mmus)
{
	struct mock_vm *vm = mock_zalloc(test, 1, sizeof(*vm));
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&vm->log, nr_pages));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, mock_vm_destroy, vm));
	vm->memory = mock_zalloc(test, nr_pages, sizeof(*vm->memory));
	vm->nr_mmus = nr_mmus;
	for (i = 0; i < nr_mmus; i++) {
		mock_mmu_init(test, &vm->mmus[i], &vm->log, vm->memory, base);
		vm->mmus[i].owner = vm;
		KUNIT_ASSERT_EQ(test, 0, dirtylog_map(&vm->log,
						      &vm->mmus[i].mapping));
	}

	vm->rig.log = &vm->log;
	vm->rig.owner = vm;
	vm->rig.nr_vcpus = MOCK_VCPUS;
	return vm;
}

void mock_vm_direct_write(struct mock_vm *vm, unsigned long frame, u32 value)
{
	struct mock_mmu *mmu = &vm->mmus[0];

	if (vm->direct_mark_first)
		dirtylog_mark(&vm->log, frame);
	else
		WRITE_ONCE(vm->memory[frame], value);
	mock_mmu_writer_point(mmu, MOCK_DIRECT);
	if (vm->direct_mark_first)
		WRITE_ONCE(vm->memory[frame], value);
	else
		dirtylog_mark(&vm->log, frame);
}

void mock_vm_hook(struct mock_vm *vm,
		  int (*hook)(struct mock_mmu *mmu, enum mock_point point),
		  void *data)
{
	unsigned int i;

	for (i = 0; i < vm->nr_mmus; i++) {
		vm->mmus[i].hook = hook;
		vm->mmus[i].hook_data = data;
	}
}

void mock_vm_check(struct mock_vm *vm, struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < vm->nr_mmus; i++)
		KUNIT_EXPECT_STREQ(test, vm->mmus[i].violation ?: "", "");
}

static struct mock_vm *to_vm(struct rig *rig)
{
	return container_of(rig, struct mock_vm, rig);
}

static struct rig *rig_create_one(struct kunit *test, unsigned long base,
				  unsigned long nr_pages)
{
	struct mock_vm *vm = mock_vm_create(test, base, nr_pages, 1);

	vm->rig.ops = &mock_rig;
	return &vm->rig;
}

static struct rig *rig_create_two(struct kunit *test, unsigned long base,
				  unsigned long nr_pages)
{
	struct mock_vm *vm = mock_vm_create(test, base, nr_pages, 2);

	vm->rig.ops = &mock_rig_two;
	return &vm->rig;
}

static void rig_guest_write(struct rig *rig, unsigned int vcpu,
			    unsigned long frame, u32 value)
{
	struct mock_vm *vm = to_vm(rig);
	struct mock_mmu *mmu = &vm->mmus[vcpu % vm->nr_mmus];

	mock_guest_write(&mmu->vcpus[vcpu], frame, value);
}

static void rig_direct_write(struct rig *rig, unsigned long frame, u32 value)
{
	mock_vm_direct_write(to_vm(rig), frame, value);
}

static void rig_unmap(struct rig *rig, unsigned long first, unsigned long nr)
{
	struct mock_vm *vm = to_vm(rig);
	unsigned int i;

	for (i = 0; i < vm->nr_mmus; i++)
		mock_mmu_zap(&vm->mmus[i], first, nr);
}

static u32 rig_read(struct rig *rig, unsigned long frame)
{
	return READ_ONCE(to_vm(rig)->memory[frame]);
}

static void rig_map_large(struct rig *rig, unsigned long frame)
{
	struct mock_vm *vm = to_vm(rig);
	unsigned int i;

	for (i = 0; i < vm->nr_mmus; i++)
		mock_mmu_map_large(&vm->mmus[i], frame);
}

static void rig_collapse(struct rig *rig, unsigned long frame)
{
	struct mock_vm *vm = to_vm(rig);
	unsigned int i;

	for (i = 0; i < vm->nr_mmus; i++)
		mock_mmu_collapse(&vm->mmus[i], frame);
}

static void rig_withhold_flush(struct rig *rig)
{
	struct mock_vm *vm = to_vm(rig);
	unsigned int i;

	for (i = 0; i < vm->nr_mmus; i++)
		vm->mmus[i].withhold_flush = true;
}

static void rig_check(struct rig *rig, struct kunit *test)
{
	mock_vm_check(to_vm(rig), test);
}

const struct rig_ops mock_rig = {
	.create		= rig_create_one,
	.guest_write	= rig_guest_write,
	.direct_write	= rig_direct_write,
	.unmap		= rig_unmap,
	.read		= rig_read,
	.map_large	= rig_map_large,
	.collapse	= rig_collapse,
	.withhold_flush	= rig_withhold_flush,
	.check		= rig_check,
};

const struct rig_ops mock_rig_two = {
	.create		= rig_create_two,
	.guest_write	= rig_guest_write,
	.direct_write	= rig_direct_write,
	.unmap		= rig_unmap,
	.read		= rig_read,
	.map_large	= rig_map_large,
	.collapse	= rig_collapse,
	.withhold_flush	= rig_withhold_flush,
	.check		= rig_check,
};
