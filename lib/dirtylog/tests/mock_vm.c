// SPDX-License-Identifier: GPL-2.0
/*
 * A guest on mock MMUs, and its rig.
 */
#include "mock_vm.h"

static const struct rig_ops mock_rig;

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
	vm->store = mock_zalloc(test, nr_pages, sizeof(*vm->store));
	vm->nr_mmus = nr_mmus;
	for (i = 0; i < nr_mmus; i++) {
		mock_mmu_init(test, &vm->mmus[i], &vm->log, vm->memory, base);
		vm->mmus[i].owner = vm;
		KUNIT_ASSERT_EQ(test, 0, dirtylog_map(&vm->log,
						      &vm->mmus[i].mapping));
	}

	vm->rig.ops = &mock_rig;
	vm->rig.log = &vm->log;
	vm->rig.owner = vm;
	vm->rig.nr_vcpus = MOCK_VCPUS;
	vm->rig.large_frames = MOCK_TABLE_FRAMES;
	return vm;
}

void mock_vm_record(struct kunit *test, struct mock_vm *vm, unsigned int i)
{
	struct mock_mmu *mmu = &vm->mmus[i];

	dirtylog_unmap(&vm->log, &mmu->mapping, vm);
	mmu->records = true;
	mmu->mapping.ops = &mock_recording_ops;
	KUNIT_ASSERT_EQ(test, 0, dirtylog_map(&vm->log, &mmu->mapping));
}

void mock_vm_direct_write(struct mock_vm *vm, unsigned long frame, u32 value)
{
	struct mock_mmu *mmu = &vm->mmus[0];

	/* Holds a reference meanwhile. */
	set_bit(frame, mmu->folio_dirty);
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

static void rig_split(struct rig *rig, unsigned long frame)
{
	struct mock_vm *vm = to_vm(rig);
	unsigned int i;

	for (i = 0; i < vm->nr_mmus; i++)
		mock_mmu_split(&vm->mmus[i], frame);
}

static void rig_collapse(struct rig *rig, unsigned long frame)
{
	struct mock_vm *vm = to_vm(rig);
	unsigned int i;

	for (i = 0; i < vm->nr_mmus; i++)
		mock_mmu_collapse(&vm->mmus[i], frame);
}

static void rig_disturb(struct rig *rig, unsigned long frame, unsigned int what)
{
	struct mock_vm *vm = to_vm(rig);
	struct mock_mmu *mmu = &vm->mmus[what % vm->nr_mmus];

	switch (what / vm->nr_mmus % 7) {
	case 0:
		mock_mmu_open(mmu, frame);
		break;
	case 1:
		mock_mmu_write_protect(mmu, frame);
		break;
	case 2:
		mock_mmu_collapse(mmu, frame);
		break;
	case 3:
		mock_mmu_zap(mmu, frame, 1);
		break;
	case 4:
		mmu->open_large = !mmu->open_large;
		break;
	case 5:
		mmu->contend = what % 3;
		break;
	case 6:
		mock_mmu_age(mmu, frame);
		break;
	}
}

static void rig_reclaim(struct rig *rig, unsigned long frame)
{
	struct mock_vm *vm = to_vm(rig);
	bool dirty = false;
	unsigned int i;

	rig_unmap(rig, frame, 1);
	for (i = 0; i < vm->nr_mmus; i++)
		dirty |= test_and_clear_bit(frame, vm->mmus[i].folio_dirty);
	if (dirty)
		vm->store[frame] = vm->memory[frame];
	else
		vm->memory[frame] = vm->store[frame];
}

static int rig_point(struct mock_mmu *mmu, enum mock_point point)
{
	struct mock_vm *vm = mmu->hook_data;
	unsigned int where = 0;

	if (point == MOCK_LOOK || point == MOCK_TAKEN)
		return 0;
	if (point == MOCK_FAULT || point == MOCK_DIRECT)
		where |= RIG_WINDOW;
	if (mmu->locked)
		where |= RIG_LOCKED;
	if (point == MOCK_PROTECT || point == MOCK_ARM)
		where |= RIG_MAY_FAIL;
	return vm->hook(vm->hook_data, where);
}

static void rig_hook(struct rig *rig,
		     int (*hook)(void *data, unsigned int where), void *data)
{
	struct mock_vm *vm = to_vm(rig);

	vm->hook = hook;
	vm->hook_data = data;
	mock_vm_hook(vm, hook ? rig_point : NULL, vm);
}

static bool rig_armed(struct rig *rig, unsigned long frame)
{
	struct mock_vm *vm = to_vm(rig);
	unsigned int i;

	for (i = 0; i < vm->nr_mmus; i++) {
		if (!mock_mmu_is_armed(&vm->mmus[i], frame))
			return false;
	}
	return true;
}

static bool rig_recorded(struct rig *rig, unsigned long frame)
{
	struct mock_vm *vm = to_vm(rig);
	unsigned int i;

	for (i = 0; i < vm->nr_mmus; i++) {
		if (mock_mmu_has_note(&vm->mmus[i], frame))
			return true;
	}
	return false;
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

static const struct rig_ops mock_rig = {
	.guest_write	= rig_guest_write,
	.direct_write	= rig_direct_write,
	.unmap		= rig_unmap,
	.read		= rig_read,
	.map_large	= rig_map_large,
	.split		= rig_split,
	.collapse	= rig_collapse,
	.disturb	= rig_disturb,
	.reclaim	= rig_reclaim,
	.hook		= rig_hook,
	.armed		= rig_armed,
	.recorded	= rig_recorded,
	.withhold_flush	= rig_withhold_flush,
	.check		= rig_check,
};

struct rig *mock_rig_create(struct kunit *test, unsigned long base,
			    unsigned long nr_pages)
{
	return &mock_vm_create(test, base, nr_pages, 1)->rig;
}

struct rig *mock_rig_create_two(struct kunit *test, unsigned long base,
				unsigned long nr_pages)
{
	return &mock_vm_create(test, base, nr_pages, 2)->rig;
}

struct rig *mock_rig_create_recording(struct kunit *test, unsigned long base,
				      unsigned long nr_pages)
{
	struct mock_vm *vm = mock_vm_create(test, base, nr_pages, 2);

	mock_vm_record(test, vm, 0);
	return &vm->rig;
}
