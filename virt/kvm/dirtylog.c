// SPDX-License-Identifier: GPL-2.0
/*
 * KVM's dirty log on lib/dirtylog: the life of a slot's log, and the ioctls.
 */
#include <linux/kvm_dirtylog.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

/*
 * Userspace's bitmaps are little-endian, of 64 bits at a time; a record has longs in
 * native order.
 */
static_assert(BITS_PER_LONG == 64);

/* Words that are converted at a time. */
#define LE_WORDS	64UL

static struct kvm_dirtylog *kvm_dirtylog_alloc(struct kvm *kvm,
					       unsigned long npages)
{
	struct kvm_dirtylog *kd;

	kd = kzalloc(sizeof(*kd), GFP_KERNEL_ACCOUNT);
	if (!kd)
		return NULL;

	if (dirtylog_init(&kd->log, npages)) {
		kfree(kd);
		return NULL;
	}
	kd->kvm = kvm;
	/* A VM without vCPUs can still get a ring, beside this. */
	kd->tracked = kvm_use_dirty_bitmap(kvm);
	return kd;
}

static void __kvm_dirtylog_free(struct kvm_dirtylog *kd)
{
	kvm_arch_dirtylog_stop(kd);
	dirtylog_destroy(&kd->log);
	kfree(kd);
}

/*
 * How logging starts. Where entries are KVM's own, a slot that is created or moved
 * has none yet; one that is read-only has no writable ones.
 */
static unsigned int kvm_dirtylog_start(struct kvm_dirtylog *kd,
				       const struct kvm_memory_slot *new,
				       enum kvm_mr_change change)
{
	/* Writable entries. */
	bool exist = (change == KVM_MR_FLAGS_ONLY ||
		      !kvm_arch_dirtylog_new_is_armed) &&
		     !(new->flags & KVM_MEM_READONLY);

	/* Without a record there is nothing that could start dirty. */
	if (kd->tracked && kvm_dirty_log_manual_protect_and_init_set(kd->kvm)) {
		kd->huge_writable = exist;
		return DIRTYLOG_START_DIRTY;
	}
	if (!exist)
		return DIRTYLOG_START_CLEAN;

	kd->arm = true;
	return DIRTYLOG_START_ARM;
}

int kvm_dirtylog_prepare(struct kvm *kvm, const struct kvm_memory_slot *old,
			 struct kvm_memory_slot *new, enum kvm_mr_change change)
{
	struct kvm_dirtylog *kd;
	unsigned int start;
	int r;

	if (change == KVM_MR_DELETE)
		return 0;

	new->dirtylog = NULL;
	if (!(new->flags & KVM_MEM_LOG_DIRTY_PAGES))
		return 0;
	if (old && old->dirtylog) {
		new->dirtylog = old->dirtylog;
		return 0;
	}

	kd = kvm_dirtylog_alloc(kvm, new->npages);
	if (!kd)
		return -ENOMEM;

	start = kvm_dirtylog_start(kd, new, change);
	r = dirtylog_map(&kd->log, kvm_arch_dirtylog_mapping(kd));
	if (!r && kd->tracked)
		r = dirtylog_attach(&kd->log, &kd->tracker, 0,
				    start | DIRTYLOG_UNSHARED);
	if (r) {
		WARN_ON_ONCE(r != -ENOMEM && r != -EINTR);
		__kvm_dirtylog_free(kd);
		return r;
	}
	dirtylog_set_name(&kd->log, "kvm-%d slot %d:%d", kvm->userspace_pid,
			  new->as_id, new->id);
	new->dirtylog = kd;
	return 0;
}

void kvm_dirtylog_free(struct kvm_memory_slot *slot)
{
	if (!slot->dirtylog)
		return;

	__kvm_dirtylog_free(slot->dirtylog);
	slot->dirtylog = NULL;
}

void kvm_dirtylog_prepared(const struct kvm_memory_slot *old,
			   struct kvm_memory_slot *new, int r)
{
	if (r && new && (!old || !old->dirtylog))
		kvm_dirtylog_free(new);
}

void kvm_dirtylog_commit(struct kvm_memory_slot *old,
			 const struct kvm_memory_slot *new)
{
	if (!new->dirtylog)
		kvm_dirtylog_free(old);
}

void kvm_dirtylog_arm(struct kvm *kvm, const struct kvm_memory_slot *slot)
{
	struct kvm_dirtylog *kd = slot->dirtylog;
	int r;

	if (WARN_ON_ONCE(!kd))
		return;
	kvm_arch_dirtylog_start(kd, slot);
	if (!kd->arm)
		return;

	if (kd->tracked) {
		r = dirtylog_arm(&kd->tracker, (void *)slot);
	} else {
		r = dirtylog_protect_all(&kd->log, (void *)slot);
		dirtylog_flush(&kd->log, (void *)slot);
	}
	WARN_ON_ONCE(r);
}

/* -ENXIO and -EINVAL: what can be said without looking for the slot. */
static int kvm_dirtylog_check(struct kvm *kvm, u32 slot)
{
	int r = kvm_arch_dirtylog_check(kvm);

	if (r)
		return r;
	/* Dirty ring tracking may be exclusive to dirty log tracking. */
	if (!kvm_use_dirty_bitmap(kvm))
		return -ENXIO;
	if (slot >> 16 >= kvm_arch_nr_memslot_as_ids(kvm) ||
	    (u16)slot >= KVM_USER_MEM_SLOTS)
		return -EINVAL;
	return 0;
}

static struct kvm_memory_slot *kvm_dirtylog_slot(struct kvm *kvm, u32 slot)
{
	struct kvm_memory_slot *memslot;

	memslot = id_to_memslot(__kvm_memslots(kvm, slot >> 16), (u16)slot);
	return memslot && memslot->dirtylog ? memslot : NULL;
}

/* A bitmap in userspace, while a pass goes over it. */
struct user_bitmap {
	void __user *bitmap;
	/* Of bit 0. */
	unsigned long first;
	/* Bits shown so far. */
	unsigned long shown;
	/* Where the last chunk that was shown ends. */
	unsigned long chunks_end;
};

static void __user *user_bits(const struct user_bitmap *user, unsigned long page)
{
	return user->bitmap + (page - user->first) / BITS_PER_BYTE;
}

/* Everything up to @page, a multiple of BITS_PER_LONG, is clean. */
static int user_clear_to(struct user_bitmap *user, unsigned long page)
{
	while (user->shown < page) {
		unsigned long nr = min(page - user->shown,
				       SZ_1M * (unsigned long)BITS_PER_BYTE);

		if (clear_user(user_bits(user, user->shown), nr / BITS_PER_BYTE))
			return -EFAULT;
		user->shown += nr;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* From native to little-endian or back, which is the same. */
static void swap_words(unsigned long *to, const unsigned long *from,
		       unsigned long words)
{
	while (words--)
		*to++ = (__force unsigned long)cpu_to_le64(*from++);
}

static int copy_bits_to_user(void __user *to, const unsigned long *bits,
			     unsigned long words)
{
	unsigned long le[LE_WORDS];

	if (!IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		return copy_to_user(to, bits, words * sizeof(long)) ? -EFAULT : 0;

	while (words) {
		unsigned long now = min(words, LE_WORDS);

		swap_words(le, bits, now);
		if (copy_to_user(to, le, now * sizeof(long)))
			return -EFAULT;
		to += now * sizeof(long);
		bits += now;
		words -= now;
	}
	return 0;
}

static int show_user(void *data, const struct dirtylog_chunk *chunk)
{
	struct user_bitmap *user = data;
	int r;

	r = user_clear_to(user, chunk->first);
	if (r)
		return r;
	r = copy_bits_to_user(user_bits(user, chunk->first), chunk->bits,
			      chunk->nr / BITS_PER_LONG);
	if (r)
		return r;
	user->shown = chunk->first + chunk->nr;
	user->chunks_end = user->shown;
	return 0;
}

static int read_user(void *data, unsigned long first, unsigned long nr,
		     unsigned long *bits)
{
	struct user_bitmap *user = data;

	if (copy_from_user(bits, user_bits(user, first), nr / BITS_PER_BYTE))
		return -EFAULT;
	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		swap_words(bits, bits, nr / BITS_PER_LONG);
	return 0;
}

/* Touch every page of it, so that reading it later does not fail. */
static int fault_in_bitmap(const char __user *bitmap, size_t size)
{
	if (size && !access_ok(bitmap, size))
		return -EFAULT;

	while (size) {
		size_t n = min_t(size_t, size, SZ_1M);

		if (fault_in_readable(bitmap, n))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		bitmap += n;
		size -= n;
	}
	return 0;
}

int kvm_dirtylog_get(struct kvm *kvm, struct kvm_dirty_log *ulog)
{
	struct user_bitmap user = { .bitmap = ulog->dirty_bitmap };
	struct dirtylog_pass pass = { .data = &user, .sink = show_user };
	bool manual = READ_ONCE(kvm->manual_dirty_log_protect);
	struct kvm_memory_slot *memslot;
	int r;

	r = kvm_dirtylog_check(kvm, ulog->slot);
	if (r)
		return r;
	memslot = kvm_dirtylog_slot(kvm, ulog->slot);
	if (!memslot)
		return -ENOENT;

	pass.owner = memslot;
	pass.end = memslot->npages;
	if (manual)
		r = dirtylog_peek(&memslot->dirtylog->tracker, &pass);
	else
		r = dirtylog_harvest(&memslot->dirtylog->tracker, &pass);
	if (!r)
		r = user_clear_to(&user, ALIGN(memslot->npages, BITS_PER_LONG));

	/*
	 * What was taken, and shown to somebody who will not look at it, is dirty again,
	 * and with it all that lies between: userspace's bitmap, which says what it was,
	 * may be another by now.
	 */
	if (r && !manual)
		dirtylog_mark_range(&memslot->dirtylog->log, 0,
				    min(user.chunks_end, pass.end));
	return r;
}

int kvm_dirtylog_clear(struct kvm *kvm, struct kvm_clear_dirty_log *ulog)
{
	struct user_bitmap user = {
		.bitmap	= ulog->dirty_bitmap,
		.first	= ulog->first_page,
	};
	struct dirtylog_pass pass = {
		.first	= ulog->first_page,
		.end	= ulog->first_page + ulog->num_pages,
		.data	= &user,
		.source	= read_user,
	};
	struct kvm_memory_slot *memslot;
	int r;

	r = kvm_dirtylog_check(kvm, ulog->slot);
	if (r)
		return r;
	if (ulog->first_page & 63)
		return -EINVAL;
	memslot = kvm_dirtylog_slot(kvm, ulog->slot);
	if (!memslot)
		return -ENOENT;

	if (ulog->first_page > memslot->npages ||
	    ulog->num_pages > memslot->npages - ulog->first_page ||
	    (ulog->num_pages < memslot->npages - ulog->first_page &&
	     (ulog->num_pages & 63)))
		return -EINVAL;

	kvm_arch_sync_dirty_log(kvm, memslot);

	r = fault_in_bitmap(ulog->dirty_bitmap,
			    ALIGN(ulog->num_pages, BITS_PER_LONG) /
			    BITS_PER_BYTE);
	if (r)
		return r;

	pass.owner = memslot;
	return dirtylog_rearm(&memslot->dirtylog->tracker, &pass);
}

void kvm_dirtylog_reset(struct kvm *kvm, struct kvm_memory_slot *slot,
			u64 offset, unsigned long mask)
{
	lockdep_assert_held(&kvm->slots_lock);

	if (slot->dirtylog)
		WARN_ON_ONCE(dirtylog_protect(&slot->dirtylog->log, slot,
					      offset, mask));
}
