/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KVM_RUN on a machine without SIE, for tests: see CONFIG_DIRTYLOG_S390_SOFT_SIE.
 */
#ifndef _ARCH_S390_KVM_SOFT_SIE_H
#define _ARCH_S390_KVM_SOFT_SIE_H

#include <linux/kvm_host.h>
#include <asm/gmap.h>

#ifdef CONFIG_DIRTYLOG_S390_SOFT_SIE

/**
 * soft_sie_init_vm() - give a VM pages of 1M, if that is asked for
 * @kvm:	the VM, without vCPUs
 *
 * For programs that do not know of KVM_CAP_S390_HPAGE_1M: see soft_sie.c.
 */
void soft_sie_init_vm(struct kvm *kvm);

/**
 * soft_sie_prepare() - before a vCPU enters the guest
 * @vcpu:	the vCPU
 *
 * Where the guest runs with DAT it needs tables that lead from its virtual addresses
 * to those of the host: a shadow of its own.
 *
 * Context: may sleep; kvm->srcu is held.
 * Return: 0, or an errno that ends KVM_RUN.
 */
int soft_sie_prepare(struct kvm_vcpu *vcpu);

/* The address space control element that it enters with. */
unsigned long soft_sie_asce(struct kvm_vcpu *vcpu);

/**
 * soft_sie_finish() - after it has left
 * @vcpu:	the vCPU
 *
 * Make of a program interruption of the host what SIE would have said: an intercept,
 * a fault of the host, or of the guest's own.
 *
 * Context: may sleep; kvm->srcu is held.
 * Return: 0, or an errno that ends KVM_RUN.
 */
int soft_sie_finish(struct kvm_vcpu *vcpu);

#else

static inline void soft_sie_init_vm(struct kvm *kvm)
{
}

static inline int soft_sie_prepare(struct kvm_vcpu *vcpu)
{
	return 0;
}

static inline unsigned long soft_sie_asce(struct kvm_vcpu *vcpu)
{
	return gmap_get_enabled()->asce;
}

static inline int soft_sie_finish(struct kvm_vcpu *vcpu)
{
	return 0;
}

#endif

#endif /* _ARCH_S390_KVM_SOFT_SIE_H */
