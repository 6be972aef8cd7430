// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of 1M have no PGSTEs for hardware to trust: of two VMs in one process, one
 * does not get such pages where the other has CMMA, or vCPUs that handle storage keys,
 * and the other way round.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "../kselftest.h"
#include "guest_s390.h"

static int set_cmma(struct guest *guest)
{
	struct kvm_device_attr attr = {
		.group = KVM_S390_VM_MEM_CTRL,
		.attr = KVM_S390_VM_MEM_ENABLE_CMMA,
	};

	return ioctl(guest->vm, KVM_SET_DEVICE_ATTR, &attr) ? errno : 0;
}

static int set_hpage(struct guest *guest)
{
	return guest_enable_cap(guest, KVM_CAP_S390_HPAGE_1M, 0);
}

int main(void)
{
	struct guest one, two, three;

	ksft_print_header();
	guest_open();
	if (!guest_cap(KVM_CAP_S390_HPAGE_1M))
		ksft_exit_skip("KVM has no pages of 1M\n");
	ksft_set_plan(9);

	guest_make_vm(&one);
	guest_make_vm(&two);
	if (set_cmma(&one))
		guest_die("CMMA");
	ksft_test_result(set_hpage(&one) == EINVAL, "a VM with CMMA has no huge pages\n");
	ksft_test_result(set_hpage(&two) == EBUSY, "nor has another one\n");
	guest_free(&one);

	guest_make_vm(&one);
	guest_make_vcpu(&one);
	ksft_test_result(set_hpage(&two) == EBUSY,
			 "nor beside one whose vCPUs trust PGSTEs\n");
	guest_free(&one);
	ksft_test_result(!set_hpage(&two), "with both gone it has\n");

	guest_make_vm(&one);
	ksft_test_result(set_cmma(&one) == EINVAL, "beside it is no CMMA\n");
	guest_make_code(&one);
	guest_make_vcpu(&one);
	guest_make_vm(&three);
	ksft_test_result(!set_hpage(&three), "and its vCPUs do not matter\n");
	/* Soft SIE refuses to run them: the hardware would trust what is not there. */
	guest_aim(&one, 0x80000, 1, 1, 1);
	ksft_test_result(!guest_finish(&one),
			 "vCPUs made beside huge pages do not trust PGSTEs\n");
	ksft_test_result(!set_hpage(&two), "twice is as once\n");
	guest_make_vcpu(&two);
	ksft_test_result(set_hpage(&two) == EBUSY, "too late with a vCPU\n");
	guest_free(&one);
	guest_free(&two);
	guest_free(&three);
	ksft_finished();
}
