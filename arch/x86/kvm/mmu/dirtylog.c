// SPDX-License-Identifier: GPL-2.0
/*
 * The x86 MMU as a mapping of a dirty log.
 *
 * All of it runs with slots_lock held. mmu_lock is held for write around
 * protect, which keeps out make_spte(): it marks a page before its SPTE is in
 * place, and may do so because protect comes after the take and waits for it.
 * What is left beside protect is fast_page_fault(), which makes an SPTE
 * writable by cmpxchg and marks after it, and the CPU, which sets A and D.
 *
 * Protecting for the log clears the W bit of SPTEs and leaves them MMU-writable, huge
 * ones as well: mmu_lock is dropped before the flush, and an SPTE that is read-only and
 * MMU-writable may be writable in a TLB, as everybody knows. 4K ones fast_page_fault()
 * can make writable again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_dirtylog.h>

#include "mmu.h"
#include "mmu_internal.h"
#include "mmutrace.h"
#include "spte.h"
#include "tdp_iter.h"
#include "tdp_mmu.h"
#include "x86.h"

static struct kvm_dirtylog *to_kvm_dirtylog(struct dirtylog_mapping *mapping)
{
	return container_of(mapping, struct kvm_dirtylog, arch.mapping);
}

/* Intel's PML: then the D bit is what arms an SPTE, else it is the W bit. */
static bool kvm_dirtylog_uses_pml(void)
{
	return kvm_x86_ops.cpu_dirty_log_size;
}

static void kvm_x86_dirtylog_sync(struct dirtylog_mapping *mapping, void *owner)
{
	kvm_arch_sync_dirty_log(to_kvm_dirtylog(mapping)->kvm, owner);
}

/*
 * For vCPUs that are out of KVM_RUN, as dirtylog_quiesce() wants them: what they
 * had in a PML buffer, and what hardware writes for a guest's guest (its virtual
 * APIC page), was marked when they left. All else, faults and KVM's own writes to
 * guest memory, runs from the entry or the data to the mark with kvm->srcu held; but
 * for what Documentation/virt/kvm/dirtylog.rst lists.
 */
static int kvm_x86_dirtylog_quiesce(struct dirtylog_mapping *mapping,
				    void *owner)
{
	synchronize_srcu(&to_kvm_dirtylog(mapping)->kvm->srcu);
	return 0;
}

static void kvm_x86_dirtylog_lock(struct dirtylog_mapping *mapping, void *owner)
	__acquires(&to_kvm_dirtylog(mapping)->kvm->mmu_lock)
{
	write_lock(&to_kvm_dirtylog(mapping)->kvm->mmu_lock);
}

static void kvm_x86_dirtylog_unlock(struct dirtylog_mapping *mapping,
				    void *owner)
	__releases(&to_kvm_dirtylog(mapping)->kvm->mmu_lock)
{
	write_unlock(&to_kvm_dirtylog(mapping)->kvm->mmu_lock);
}

static bool kvm_x86_dirtylog_contended(struct dirtylog_mapping *mapping,
				       void *owner)
{
	return rwlock_is_contended(&to_kvm_dirtylog(mapping)->kvm->mmu_lock);
}

static void kvm_x86_dirtylog_flush(struct dirtylog_mapping *mapping, void *owner)
{
	kvm_flush_remote_tlbs_memslot(to_kvm_dirtylog(mapping)->kvm, owner);
}

/*
 * The TDP MMU is armed with mmu_lock held for read, beside make_spte(), which
 * marks first. That is sound because every fault that saw the slot without its
 * log is over (SRCU), and for a later tracker because a section under mmu_lock is
 * an RCU reader, for which dirtylog_arm() has waited.
 */
static int kvm_x86_dirtylog_arm(struct dirtylog_mapping *mapping, void *owner)
{
	struct kvm *kvm = to_kvm_dirtylog(mapping)->kvm;
	const struct kvm_memory_slot *slot = owner;
	int min_level = PG_LEVEL_4K;

	if (READ_ONCE(eager_page_split))
		kvm_mmu_slot_try_split_huge_pages(kvm, slot, PG_LEVEL_4K);

	/* PML logs 4K pages by their D bit, and cannot log parts of huge ones. */
	if (kvm_dirtylog_uses_pml()) {
		kvm_mmu_slot_leaf_clear_dirty(kvm, slot);
		min_level = PG_LEVEL_2M;
	}
	kvm_mmu_slot_remove_write_access(kvm, slot, min_level);
	return 0;
}

static gfn_t batch_gfn(const struct kvm_memory_slot *slot,
		       const struct dirtylog_batch *batch, unsigned int bit)
{
	return slot->base_gfn + batch->first + bit;
}

/* The bit after the last that the page table of @bit maps. */
static unsigned int table_end(const struct kvm_memory_slot *slot,
			      const struct dirtylog_batch *batch,
			      unsigned int bit)
{
	gfn_t gfn = batch_gfn(slot, batch, bit);

	return min(bit + SPTE_ENT_PER_PAGE - gfn % SPTE_ENT_PER_PAGE, batch->nr);
}

/*
 * A hint, of the whole VM and without mmu_lock: a split that is under way is seen
 * or not. What is mapped after the question was mapped by a fault that has seen the
 * slot's log, and is small. Protect relies on none of it.
 */
static bool has_huge_sptes(const struct kvm *kvm)
{
	int level;

	for (level = PG_LEVEL_2M; level <= KVM_MAX_HUGEPAGE_LEVEL; level++) {
		if (atomic64_read(&kvm->stat.pages[level - 1]))
			return true;
	}
	return false;
}

/* Split huge pages ahead of protect, or the vCPUs would at their next write. */
static void kvm_x86_dirtylog_prepare(struct dirtylog_mapping *mapping,
				     void *owner,
				     const struct dirtylog_batch *batch)
{
	struct kvm_dirtylog *kd = to_kvm_dirtylog(mapping);
	struct kvm_memory_slot *slot = owner;
	unsigned int bit, end;

	if (!tdp_mmu_enabled || !READ_ONCE(eager_page_split) ||
	    !has_huge_sptes(kd->kvm))
		return;

	write_lock(&kd->kvm->mmu_lock);
	for (bit = find_first_bit(batch->bits, batch->nr); bit < batch->nr;
	     bit = find_next_bit(batch->bits, batch->nr, end)) {
		end = table_end(slot, batch, bit);
		kvm_mmu_try_split_huge_pages(kd->kvm, slot,
					     batch_gfn(slot, batch, bit),
					     batch_gfn(slot, batch, end),
					     PG_LEVEL_4K);
		/* It gives way by itself only within what one call splits. */
		if (need_resched() || kvm_x86_dirtylog_contended(mapping, owner)) {
			write_unlock(&kd->kvm->mmu_lock);
			cond_resched();
			write_lock(&kd->kvm->mmu_lock);
		}
	}
	write_unlock(&kd->kvm->mmu_lock);
}

/*
 * Atomic, as the CPU sets A and D meanwhile. Nobody else clears @clear, one bit, with
 * mmu_lock held for write: what was read says whether it was set.
 */
static __always_inline void tdp_protect_spte(const struct kvm_memory_slot *slot,
					     gfn_t gfn, tdp_ptep_t sptep, int level,
					     u64 clear)
{
	u64 spte = kvm_tdp_mmu_read_spte(sptep);

	if (!is_shadow_present_pte(spte) || !(spte & clear))
		return;

	clear_bit(__ffs(clear), (unsigned long *)rcu_dereference(sptep));
	trace_kvm_tdp_mmu_spte_changed(slot->as_id, gfn, level, spte, spte & ~clear);
	/*
	 * Rule 9: mmu_lock keeps out the MMU notifier that has to end this mapping
	 * before the folio can go away. An SPTE that was writable has its D bit, or
	 * the folio was told when that went: who ends the mapping tells it of the bit.
	 */
	if (clear != PT_WRITABLE_MASK || !spte_ad_enabled(spte))
		kvm_set_pfn_dirty(spte_to_pfn(spte));
}

/*
 * The way to a page table: where it begins is kept for the next one. With mmu_lock
 * held for write no table goes away, which is what a TDP iterator is for.
 */
struct tdp_walk {
	struct kvm_mmu_page *root;
	/* Whose SPTEs are of 2M, up to this gfn; NULL if there is none. */
	tdp_ptep_t dir;
	gfn_t dir_end;
};

/*
 * A huge SPTE becomes read-only here, all of it: fast_page_fault() leaves it so in a
 * slot that logs, other faults split it.
 */
static void tdp_find_dir(struct tdp_walk *walk, const struct kvm_memory_slot *slot,
			 gfn_t gfn)
{
	tdp_ptep_t sptep, table = (tdp_ptep_t)walk->root->spt;
	int level;

	for (level = walk->root->role.level; table && level > PG_LEVEL_2M; level--) {
		sptep = table + SPTE_INDEX(gfn_to_gpa(gfn), level);
		table = spte_to_child_pt(kvm_tdp_mmu_read_spte(sptep), level);
		if (!table)
			tdp_protect_spte(slot, gfn_round_for_level(gfn, level),
					 sptep, level, PT_WRITABLE_MASK);
	}
	walk->dir = table;
	walk->dir_end = ALIGN(gfn + 1, KVM_PAGES_PER_HPAGE(PG_LEVEL_1G));
}

/* The page table of a gfn, or NULL if it has none. */
static tdp_ptep_t tdp_find_table(struct tdp_walk *walk,
				 const struct kvm_memory_slot *slot, gfn_t gfn)
{
	tdp_ptep_t sptep, table;

	if (gfn >= walk->dir_end)
		tdp_find_dir(walk, slot, gfn);
	if (!walk->dir)
		return NULL;

	sptep = walk->dir + SPTE_INDEX(gfn_to_gpa(gfn), PG_LEVEL_2M);
	table = spte_to_child_pt(kvm_tdp_mmu_read_spte(sptep), PG_LEVEL_2M);
	if (!table)
		tdp_protect_spte(slot, gfn_round_for_level(gfn, PG_LEVEL_2M),
				 sptep, PG_LEVEL_2M, PT_WRITABLE_MASK);
	return table;
}

/* One walk for each page table that the batch has bits in. */
static void tdp_protect_root(const struct kvm_memory_slot *slot,
			     struct kvm_mmu_page *root,
			     const struct dirtylog_batch *batch)
{
	bool wrprot = !kvm_dirtylog_uses_pml() || !kvm_ad_enabled() ||
		      kvm_mmu_page_ad_need_write_protect(root);
	u64 clear = wrprot ? PT_WRITABLE_MASK : shadow_dirty_mask;
	/* The first gfn beyond the page table that @table is at the start of. */
	gfn_t next_table = 0;
	tdp_ptep_t table = NULL;
	struct tdp_walk walk = { .root = root };
	const gfn_t first = batch_gfn(slot, batch, 0);
	unsigned long word, words = BITS_TO_LONGS(batch->nr);
	unsigned long bits;

	for (word = dirtylog_next_word(batch->words, words, 0); word < words;
	     word = dirtylog_next_word(batch->words, words, word + 1)) {
		for (bits = batch->bits[word]; bits; bits &= bits - 1) {
			gfn_t gfn = first + word * BITS_PER_LONG + __ffs(bits);

			if (gfn >= next_table) {
				table = tdp_find_table(&walk, slot, gfn);
				next_table = ALIGN(gfn + 1, SPTE_ENT_PER_PAGE);
			}
			if (table)
				tdp_protect_spte(slot, gfn,
						 table + gfn % SPTE_ENT_PER_PAGE,
						 PG_LEVEL_4K, clear);
		}
	}
}

static void tdp_protect(struct kvm *kvm, const struct kvm_memory_slot *slot,
			const struct dirtylog_batch *batch)
{
	struct kvm_mmu_page *root;

	/* Not for the tables, which mmu_lock keeps: SPTE accessors ask for it. */
	rcu_read_lock();
	list_for_each_entry(root, &kvm->arch.tdp_mmu_roots, link) {
		/*
		 * A root is made invalid by whoever zaps all SPTEs fast, and waits
		 * until no vCPU runs on it, with slots_lock held as it is here.
		 */
		if (!root->role.invalid &&
		    kvm_mmu_page_as_id(root) == slot->as_id)
			tdp_protect_root(slot, root, batch);
	}
	rcu_read_unlock();
}

static void rmap_protect(struct kvm *kvm, const struct kvm_memory_slot *slot,
			 const struct dirtylog_batch *batch, bool huge)
{
	unsigned long word, words = BITS_TO_LONGS(batch->nr);
	unsigned int bit, next;
	int level;

	/* Huge entries first, or their pages stay writable through them. */
	for (level = PG_LEVEL_2M; huge && level <= KVM_MAX_HUGEPAGE_LEVEL; level++) {
		for (bit = find_first_bit(batch->bits, batch->nr);
		     bit < batch->nr;
		     bit = find_next_bit(batch->bits, batch->nr, next)) {
			gfn_t gfn = batch_gfn(slot, batch, bit);

			kvm_rmap_dirtylog_wrprot_huge(slot, gfn, level);
			next = bit + KVM_PAGES_PER_HPAGE(level) -
			       gfn % KVM_PAGES_PER_HPAGE(level);
		}
	}

	if (!kvm_dirtylog_uses_pml()) {
		for (word = dirtylog_next_word(batch->words, words, 0); word < words;
		     word = dirtylog_next_word(batch->words, words, word + 1))
			kvm_rmap_dirtylog_wrprot(slot,
						 batch_gfn(slot, batch, word * BITS_PER_LONG),
						 batch->bits[word]);
		return;
	}
	for_each_set_bit(bit, batch->bits, batch->nr)
		kvm_rmap_dirtylog_clear_dirty(kvm, slot,
					      batch_gfn(slot, batch, bit));
}

static int kvm_x86_dirtylog_protect(struct dirtylog_mapping *mapping,
				    void *owner,
				    const struct dirtylog_batch *batch)
{
	struct kvm_dirtylog *kd = to_kvm_dirtylog(mapping);
	struct kvm *kvm = kd->kvm;

	lockdep_assert_held_write(&kvm->mmu_lock);

	/*
	 * Both may map a page, where a guest has guests of its own. Whether
	 * there are rmaps can change whenever mmu_lock is dropped.
	 */
	if (tdp_mmu_enabled)
		tdp_protect(kvm, owner, batch);
	if (kvm_memslots_have_rmaps(kvm))
		rmap_protect(kvm, owner, batch, kd->huge_writable);
	return 0;
}

#define KVM_X86_DIRTYLOG_OPS						\
	.sync		= kvm_x86_dirtylog_sync,			\
	.quiesce	= kvm_x86_dirtylog_quiesce,			\
	.lock		= kvm_x86_dirtylog_lock,			\
	.unlock		= kvm_x86_dirtylog_unlock,			\
	.contended	= kvm_x86_dirtylog_contended,			\
	.protect	= kvm_x86_dirtylog_protect,			\
	.flush		= kvm_x86_dirtylog_flush,			\
	.arm		= kvm_x86_dirtylog_arm

static const struct dirtylog_ops ops = {
	KVM_X86_DIRTYLOG_OPS,
};

/* Without huge entries that are writable there is nothing to split. */
static const struct dirtylog_ops huge_ops = {
	KVM_X86_DIRTYLOG_OPS,
	.prepare	= kvm_x86_dirtylog_prepare,
};

struct dirtylog_mapping *kvm_arch_dirtylog_mapping(struct kvm_dirtylog *kd)
{
	kd->arch.mapping.ops = kd->huge_writable ? &huge_ops : &ops;
	return &kd->arch.mapping;
}
