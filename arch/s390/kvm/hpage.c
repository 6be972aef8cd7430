// SPDX-License-Identifier: GPL-2.0
/*
 * What a VM cannot have together with pages of 1M, and what it can have on top.
 *
 * Such pages have no PGSTEs, or stale ones. Hardware that trusts PGSTEs (CMMA, and
 * interpreted storage key instructions and PFMF) is for a VM to choose, and pages are
 * large for all VMs of an mm; so the mm counts who chose the one, and knows whether
 * anybody chose the other. What of the two comes first stays.
 *
 * All of it runs with kvm->lock held, but for the end of a VM; mm->context.lock makes
 * one decision of what VMs of the same mm decide.
 */
#include <linux/kvm_host.h>
#include <linux/mm.h>

#include "kvm-s390.h"

/* This VM is going to have hardware that trusts PGSTEs. Return: it may. */
bool kvm_s390_claim_pgstes(struct kvm *kvm)
{
	mm_context_t *context = &kvm->mm->context;
	bool may;

	spin_lock(&context->lock);
	may = !context->allow_gmap_hpage_1m;
	if (may && !kvm->arch.trusts_pgstes) {
		kvm->arch.trusts_pgstes = true;
		context->pgste_vms++;
	}
	spin_unlock(&context->lock);
	return may;
}

/* Before the first vCPU: what it may not have is intercepted and emulated. */
void kvm_s390_vcpu_claims_pgstes(struct kvm *kvm)
{
	if ((kvm->arch.use_skf || kvm->arch.use_pfmfi) && !kvm_s390_claim_pgstes(kvm)) {
		kvm->arch.use_skf = 0;
		kvm->arch.use_pfmfi = 0;
	}
}

void kvm_s390_release_pgstes(struct kvm *kvm)
{
	mm_context_t *context = &kvm->mm->context;

	spin_lock(&context->lock);
	if (kvm->arch.trusts_pgstes)
		context->pgste_vms--;
	kvm->arch.trusts_pgstes = false;
	spin_unlock(&context->lock);
}

/* A VM without vCPUs and CMMA wants large pages. Return: its mm may have them. */
bool kvm_s390_claim_hpages(struct kvm *kvm)
{
	mm_context_t *context = &kvm->mm->context;
	bool may;

	/* A vCPU that could not be made has left it behind. */
	kvm_s390_release_pgstes(kvm);
	/* Keeps out those who look at allow_gmap_hpage_1m to fault pages in. */
	mmap_write_lock(kvm->mm);
	spin_lock(&context->lock);
	may = !context->pgste_vms;
	if (may)
		context->allow_gmap_hpage_1m = 1;
	spin_unlock(&context->lock);
	mmap_write_unlock(kvm->mm);
	return may;
}

/*
 * Log the VMM's stores to large pages, in logs that start from now on. Return: 0;
 * -EBUSY if there are vCPUs; -EINVAL if the mm has no large pages.
 */
int kvm_s390_log_host(struct kvm *kvm)
{
	int r = 0;

	mutex_lock(&kvm->lock);
	if (kvm->created_vcpus)
		r = -EBUSY;
	else if (!kvm->mm->context.allow_gmap_hpage_1m)
		r = -EINVAL;
	else
		kvm->arch.log_host = true;
	mutex_unlock(&kvm->lock);
	return r;
}
