# SPDX-License-Identifier: GPL-2.0
# The modes of KVM that tests run in, by letter. On x86, the three MMUs that it has
# on AMD: t, the TDP MMU; s, nested paging by shadow pages; n, no nested paging. On
# s390: g, guests in a gmap; h, the same, and every VM may have pages of 1M and shadows.
# shellcheck shell=bash

label() {
	case $1 in
	t) echo npt=1 ;;
	s) echo tdp_mmu=0 ;;
	n) echo npt=0 ;;
	g) echo gmap ;;
	h) echo gmap-1M ;;
	*) die "no mode '$1' (t, s, n; g, h)" ;;
	esac
}

# Of the kernel's command line.
parameters() {
	case $1 in
	t) echo kvm_amd.npt=1 kvm.tdp_mmu=1 ;;
	s) echo kvm_amd.npt=1 kvm.tdp_mmu=0 ;;
	n) echo kvm_amd.npt=0 ;;
	g) echo soft_sie sysctl.vm.allocate_pgste=1 ;;
	h) echo soft_sie sysctl.vm.allocate_pgste=1 kvm.nested=1 kvm.soft_sie_hpage=1 ;;
	esac
}

# What the guest must report. Without NPT, KVM turns the TDP MMU off by itself.
in_force() {
	case $1 in
	t) echo npt=Y tdp_mmu=Y ;;
	s) echo npt=Y tdp_mmu=N ;;
	n) echo npt=N tdp_mmu=N ;;
	g) echo pgste=1 hpage=N ;;
	h) echo pgste=1 hpage=Y ;;
	esac
}
