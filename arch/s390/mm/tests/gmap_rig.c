// SPDX-License-Identifier: GPL-2.0
/*
 * Rigs of 4K pages, in page tables that the host and its guests share, and of 1M
 * pages, which each gmap has entries of its own for.
 */
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/hugetlb.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/pagewalk.h>
#include <linux/radix-tree.h>
#include <linux/sched/mm.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <kunit/static_stub.h>
#include <asm/gmap_split.h>
#include <asm/mmu_context.h>

#include "gmap_rig.h"
#include "soft_vcpu.h"

static const struct rig_ops gmap_rig_ops;

const struct dirtylog_ops gmap_rig_mapping_ops = {
	GMAP_DIRTYLOG_OPS,
};

static void gmap_rig_destroy(void *data)
{
	struct gmap_rig *g = data;
	unsigned long frame;
	unsigned int i;

	gmap_dirtylog_remove(&g->range);
	gmap_split_policy = GMAP_SPLIT_NEVER;
	if (g->log.nr_pages)
		dirtylog_destroy(&g->log);
	for (i = 0; i < g->nr_gmaps; i++)
		gmap_remove(g->gmaps[i]);
	for (frame = 0; g->pages && frame < g->range.size >> PAGE_SHIFT; frame++) {
		if (g->pages[frame])
			put_page(g->pages[frame]);
	}
	kvfree(g->pages);
	if (g->file)
		fput(g->file);
	if (g->mm)
		mmdrop(g->mm);
	kfree(g);
}

static struct gmap_rig *gmap_rig_alloc(struct kunit *test)
{
	struct gmap_rig *g = kzalloc(sizeof(*g), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, g);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, gmap_rig_destroy, g));
	return g;
}

/* Memory of the test's own address space, of which a segment is at the return value. */
static unsigned long map_memory(struct kunit *test, struct gmap_rig *g,
				unsigned long size)
{
	unsigned long addr, start;
	struct file *file;

	/* Before the mm exists: its page tables are to have PGSTEs. */
	page_table_allocate_pgste = 1;
	size += HPAGE_SIZE;
	if (!g->large) {
		file = shmem_file_setup("gmap-rig", size, VM_NORESERVE);
	} else {
		if (!MACHINE_HAS_EDAT1)
			kunit_skip(test, "the machine has no 1M pages");
		file = hugetlb_file_setup("gmap-rig", size, VM_NORESERVE,
					  HUGETLB_ANONHUGE_INODE, HPAGE_SHIFT);
	}
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	g->file = file;
	addr = kunit_vm_mmap(test, file, 0, size, PROT_READ | PROT_WRITE,
			     MAP_SHARED, 0);
	KUNIT_ASSERT_TRUE(test, addr && !IS_ERR_VALUE(addr));
	start = ALIGN(addr, HPAGE_SIZE);
	g->offset = (start - addr) >> PAGE_SHIFT;
	g->mm = current->mm;
	mmgrab(g->mm);
	return start;
}

/* What the memory is, and whether the VMM's stores are logged where it is large. */
enum kind { SMALL, LARGE, LARGE_HOST, SPLIT };

static struct rig *create(struct kunit *test, unsigned long base,
			  unsigned long nr_pages, unsigned int nr_gmaps,
			  enum kind kind)
{
	struct gmap_rig *g = gmap_rig_alloc(test);
	unsigned long skip = base % _PAGE_ENTRIES;
	unsigned long size = ALIGN((skip + nr_pages) << PAGE_SHIFT, HPAGE_SIZE);
	unsigned long start;
	unsigned int i;

	g->large = kind != SMALL;
	g->split = kind == SPLIT;
	gmap_split_policy = kind == SPLIT ? GMAP_SPLIT_LAZY : GMAP_SPLIT_NEVER;
	start = map_memory(test, g, size);
	KUNIT_ASSERT_EQ(test, 0, s390_enable_sie());
	g->mm->context.allow_gmap_hpage_1m = g->large;
	for (i = 0; i < nr_gmaps; i++) {
		struct gmap *gmap = gmap_create(g->mm, _REGION2_SIZE - 1);

		KUNIT_ASSERT_NOT_NULL(test, gmap);
		g->gmaps[g->nr_gmaps++] = gmap;
		KUNIT_ASSERT_EQ(test, 0, gmap_map_segment(gmap, start,
							  GMAP_RIG_GADDR, size));
	}

	g->gaddr = GMAP_RIG_GADDR + (skip << PAGE_SHIFT);
	g->offset += skip;
	g->range.start = start + (skip << PAGE_SHIFT);
	g->range.size = nr_pages << PAGE_SHIFT;
	g->range.host = kind == LARGE_HOST;
	g->pages = kvcalloc(nr_pages, sizeof(*g->pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, g->pages);
	KUNIT_ASSERT_EQ(test, 0, dirtylog_init(&g->log, nr_pages));
	g->range.mapping.ops = &gmap_rig_mapping_ops;
	KUNIT_ASSERT_EQ(test, 0, dirtylog_map(&g->log, &g->range.mapping));
	gmap_dirtylog_add(&g->range, g->mm);

	g->rig.ops = &gmap_rig_ops;
	g->rig.log = &g->log;
	g->rig.owner = g;
	g->rig.nr_vcpus = 3;
	return &g->rig;
}

struct rig *gmap_rig_create(struct kunit *test, unsigned long base,
			    unsigned long nr_pages)
{
	return create(test, base, nr_pages, 1, SMALL);
}

struct rig *gmap_rig_create_two(struct kunit *test, unsigned long base,
				unsigned long nr_pages)
{
	return create(test, base, nr_pages, 2, SMALL);
}

struct rig *gmap_rig_create_large(struct kunit *test, unsigned long base,
				  unsigned long nr_pages)
{
	return create(test, base, nr_pages, 1, LARGE);
}

struct rig *gmap_rig_create_large_two(struct kunit *test, unsigned long base,
				      unsigned long nr_pages)
{
	return create(test, base, nr_pages, 2, LARGE);
}

struct rig *gmap_rig_create_split(struct kunit *test, unsigned long base,
				  unsigned long nr_pages)
{
	return create(test, base, nr_pages, 1, SPLIT);
}

struct rig *gmap_rig_create_split_two(struct kunit *test, unsigned long base,
				      unsigned long nr_pages)
{
	return create(test, base, nr_pages, 2, SPLIT);
}

struct rig *gmap_rig_create_large_host(struct kunit *test, unsigned long base,
				       unsigned long nr_pages)
{
	return create(test, base, nr_pages, 2, LARGE_HOST);
}

struct entry {
	struct gmap_rig *g;
	unsigned long frame;
	void (*fn)(struct gmap_rig *g, unsigned long frame, pte_t *ptep,
		   void *data);
	void *data;
	bool called;
};

static int call_for_entry(pte_t *ptep, unsigned long addr, unsigned long next,
			  struct mm_walk *walk)
{
	struct entry *e = walk->private;

	e->fn(e->g, e->frame, ptep, e->data);
	e->called = true;
	return 0;
}

static const struct mm_walk_ops entry_ops = {
	.pte_entry	= call_for_entry,
	.walk_lock	= PGWALK_RDLOCK,
};

bool gmap_rig_entry(struct gmap_rig *g, unsigned long frame,
		    void (*fn)(struct gmap_rig *g, unsigned long frame,
			       pte_t *ptep, void *data), void *data)
{
	struct entry e = { .g = g, .frame = frame, .fn = fn, .data = data };
	unsigned long addr = gmap_rig_vmaddr(g, frame);

	mmap_read_lock(g->mm);
	walk_page_range(g->mm, addr, addr + PAGE_SIZE, &entry_ops, &e);
	mmap_read_unlock(g->mm);
	return e.called;
}

unsigned long *gmap_rig_segment(struct gmap_rig *g, unsigned int n,
				unsigned long frame)
{
	struct gmap *gmap = g->gmaps[n];
	unsigned long *entry;

	spin_lock(&gmap->guest_table_lock);
	entry = radix_tree_lookup(&gmap->host_to_guest,
				  gmap_rig_vmaddr(g, frame) >> PMD_SHIFT);
	spin_unlock(&gmap->guest_table_lock);
	return entry;
}

static struct gmap_rig_notified notified;

static void notify(struct gmap *gmap, unsigned long start, unsigned long end)
{
	notified.calls++;
	notified.start = start;
	notified.end = end;
}

static struct gmap_notifier notifier = { .notifier_call = notify };

static void unregister_notifier(void *unused)
{
	gmap_unregister_pte_notifier(&notifier);
}

struct gmap_rig_notified *gmap_rig_notify(struct kunit *test)
{
	gmap_register_pte_notifier(&notifier);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister_notifier,
							   NULL));
	return &notified;
}

static void protect_nothing(const struct gmap_dirtylog *range,
			    const struct dirtylog_batch *batch)
{
}

void gmap_rig_take_only(struct kunit *test, struct reader *reader)
{
	kunit_activate_static_stub(test, gmap_dirtylog_protect, protect_nothing);
	KUNIT_EXPECT_EQ(test, 0, reader_harvest_all(reader));
	kunit_deactivate_static_stub(test, gmap_dirtylog_protect);
}

static void failed(struct gmap_rig *g, int err)
{
	if (err && !g->failed)
		g->failed = err;
}

static void rig_guest_write(struct rig *rig, unsigned int vcpu,
			    unsigned long frame, u32 value)
{
	struct gmap_rig *g = to_gmap_rig(rig);
	struct gmap *gmap = g->gmaps[vcpu % g->nr_gmaps];
	unsigned long gaddr = gmap_rig_gaddr(g, frame);
	struct soft_vcpu_session s;
	unsigned int code;
	int err;

	for (;;) {
		soft_vcpu_enter(&s, gmap->asce);
		code = soft_vcpu_store(&s, gaddr, value);
		soft_vcpu_leave(&s);
		if (!code)
			return;
		err = gmap_fault(gmap, gaddr, FAULT_FLAG_WRITE);
		if (err) {
			failed(g, err);
			return;
		}
	}
}

/* The kernel's pins, interrupt indicators for example: no page table is involved. */
static void write_pinned(struct gmap_rig *g, unsigned long frame, u32 value)
{
	unsigned long vmaddr = gmap_rig_vmaddr(g, frame);
	struct page *page = NULL;
	long nr;

	mmap_read_lock(g->mm);
	nr = get_user_pages_remote(g->mm, vmaddr, 1, FOLL_WRITE, &page, NULL);
	mmap_read_unlock(g->mm);
	if (nr != 1) {
		failed(g, nr < 0 ? nr : -EFAULT);
		return;
	}
	WRITE_ONCE(*(u32 *)page_address(page), value);
	gmap_dirtylog_mark_written(g->mm, vmaddr);
	set_page_dirty_lock(page);
	put_page(page);
}

static void rig_direct_write(struct rig *rig, unsigned long frame, u32 value)
{
	struct gmap_rig *g = to_gmap_rig(rig);
	u32 __user *to = (u32 __user *)gmap_rig_vmaddr(g, frame);

	/* Stores of the VMM to 1M pages are logged on request only. */
	if (value & 1 || (g->large && !g->range.host))
		write_pinned(g, frame, value);
	else if (put_user(value, to))
		failed(g, -EFAULT);
}

static void rig_unmap(struct rig *rig, unsigned long first, unsigned long nr)
{
	struct gmap_rig *g = to_gmap_rig(rig);
	unsigned long addr = gmap_rig_vmaddr(g, first);
	unsigned long end = gmap_rig_vmaddr(g, first + nr);
	struct vm_area_struct *vma;

	if (g->large) {
		addr = round_down(addr, HPAGE_SIZE);
		end = round_up(end, HPAGE_SIZE);
	}
	mmap_read_lock(g->mm);
	vma = vma_lookup(g->mm, addr);
	if (vma)
		zap_page_range_single(vma, addr, end - addr, NULL);
	else
		failed(g, -ENOENT);
	mmap_read_unlock(g->mm);
}

/* From the page cache, whatever page tables say. */
static u32 rig_read(struct rig *rig, unsigned long frame)
{
	struct gmap_rig *g = to_gmap_rig(rig);
	struct page *page = READ_ONCE(g->pages[frame]);

	if (!page) {
		page = find_get_page(g->file->f_mapping, g->offset + frame);
		if (!page)
			return 0;
		WRITE_ONCE(g->pages[frame], page);
	}
	return READ_ONCE(*(u32 *)page_address(page));
}

void gmap_rig_drop(struct gmap_rig *g, unsigned long frame,
		   void (*drop)(struct mm_struct *mm, unsigned long vmaddr))
{
	unsigned long vmaddr = gmap_rig_vmaddr(g, frame) & PMD_MASK;
	spinlock_t *ptl;	/* the host's pmd lock */
	pmd_t *pmdp;

	mmap_read_lock(g->mm);
	/* Before the first fault there is no table. */
	pmdp = (pmd_t *)huge_pte_offset(g->mm, vmaddr, PMD_SIZE);
	if (pmdp) {
		ptl = pmd_lock(g->mm, pmdp);
		drop(g->mm, vmaddr);
		spin_unlock(ptl);
	}
	mmap_read_unlock(g->mm);
}

void gmap_rig_unlink(struct gmap_rig *g, unsigned long frame)
{
	if (g->large)
		gmap_rig_drop(g, frame, gmap_pmdp_idte_global);
	else
		gmap_unlink(g->mm, NULL, gmap_rig_vmaddr(g, frame) & PMD_MASK);
}

static void rig_disturb(struct rig *rig, unsigned long frame, unsigned int what)
{
	struct gmap_rig *g = to_gmap_rig(rig);
	unsigned long vmaddr = gmap_rig_vmaddr(g, frame);
	struct gmap *gmap = g->gmaps[what % g->nr_gmaps];
	u32 value;

	switch (what / g->nr_gmaps % (g->split ? 5 : 4)) {
	case 0:
		/* A fault of a write that is not done, or not yet. */
		failed(g, gmap_fault(gmap, gmap_rig_gaddr(g, frame),
				     FAULT_FLAG_WRITE));
		break;
	case 1:
		if (get_user(value, (u32 __user *)vmaddr) ||
		    value != rig_read(rig, frame))
			failed(g, -EFAULT);
		break;
	case 2:
		gmap_rig_unlink(g, frame);
		break;
	case 3:
		rig_unmap(rig, frame, 1);
		break;
	case 4:
		/* Some are split, some are not. */
		gmap_split_policy = what & BIT(7) ? GMAP_SPLIT_LAZY : GMAP_SPLIT_NEVER;
		break;
	}
}

static void rig_enter_thread(struct rig *rig)
{
	struct gmap_rig *g = to_gmap_rig(rig);

	mmget(g->mm);
	kthread_use_mm(g->mm);
}

static void rig_leave_thread(struct rig *rig)
{
	struct gmap_rig *g = to_gmap_rig(rig);

	kthread_unuse_mm(g->mm);
	mmput(g->mm);
}

static void rig_check(struct rig *rig, struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, to_gmap_rig(rig)->failed);
}

/*
 * A flush that is withheld cannot be seen, as each store is a session of its own:
 * see soft_vcpu.h. gmap_dirtylog_test.c does it within one.
 */
static const struct rig_ops gmap_rig_ops = {
	.guest_write	= rig_guest_write,
	.direct_write	= rig_direct_write,
	.unmap		= rig_unmap,
	.read		= rig_read,
	.disturb	= rig_disturb,
	.enter_thread	= rig_enter_thread,
	.leave_thread	= rig_leave_thread,
	.check		= rig_check,
};
