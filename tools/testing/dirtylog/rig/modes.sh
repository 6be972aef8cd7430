# SPDX-License-Identifier: GPL-2.0
# The three MMUs that KVM has on AMD, by letter: t, the TDP MMU; s, nested paging
# by shadow pages; n, no nested paging.
# shellcheck shell=bash

label() {
	case $1 in
	t) echo npt=1 ;;
	s) echo tdp_mmu=0 ;;
	n) echo npt=0 ;;
	*) die "no mode '$1' (t, s, n)" ;;
	esac
}

# Of the kernel's command line.
parameters() {
	case $1 in
	t) echo kvm_amd.npt=1 kvm.tdp_mmu=1 ;;
	s) echo kvm_amd.npt=1 kvm.tdp_mmu=0 ;;
	n) echo kvm_amd.npt=0 ;;
	esac
}

# What the guest must report. Without NPT, KVM turns the TDP MMU off by itself.
in_force() {
	case $1 in
	t) echo npt=Y tdp_mmu=Y ;;
	s) echo npt=Y tdp_mmu=N ;;
	n) echo npt=N tdp_mmu=N ;;
	esac
}
