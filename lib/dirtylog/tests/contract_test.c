// SPDX-License-Identifier: GPL-2.0
/*
 * The contract, on the mock MMU: with one mapping, with two, and with two of
 * which one records.
 */
#include "contract.h"
#include "mock_vm.h"

DIRTYLOG_CONTRACT_SUITE(dirtylog_contract_mock, mock_rig_create);
DIRTYLOG_CONTRACT_LARGE_SUITE(dirtylog_contract_mock_large, mock_rig_create);
DIRTYLOG_CONTRACT_RECLAIM_SUITE(dirtylog_contract_mock_reclaim, mock_rig_create);
DIRTYLOG_CONTRACT_TLB_SUITE(dirtylog_contract_mock_tlb, mock_rig_create);

DIRTYLOG_CONTRACT_SUITE(dirtylog_contract_two, mock_rig_create_two);
DIRTYLOG_CONTRACT_LARGE_SUITE(dirtylog_contract_two_large, mock_rig_create_two);
DIRTYLOG_CONTRACT_RECLAIM_SUITE(dirtylog_contract_two_reclaim, mock_rig_create_two);
DIRTYLOG_CONTRACT_TLB_SUITE(dirtylog_contract_two_tlb, mock_rig_create_two);

DIRTYLOG_CONTRACT_SUITE(dirtylog_contract_recording, mock_rig_create_recording);
DIRTYLOG_CONTRACT_LARGE_SUITE(dirtylog_contract_recording_large,
			      mock_rig_create_recording);
DIRTYLOG_CONTRACT_RECLAIM_SUITE(dirtylog_contract_recording_reclaim,
				mock_rig_create_recording);
DIRTYLOG_CONTRACT_TLB_SUITE(dirtylog_contract_recording_tlb,
			    mock_rig_create_recording);

kunit_test_suites(&dirtylog_contract_mock, &dirtylog_contract_mock_large,
		  &dirtylog_contract_mock_reclaim, &dirtylog_contract_mock_tlb,
		  &dirtylog_contract_two, &dirtylog_contract_two_large,
		  &dirtylog_contract_two_reclaim, &dirtylog_contract_two_tlb,
		  &dirtylog_contract_recording, &dirtylog_contract_recording_large,
		  &dirtylog_contract_recording_reclaim,
		  &dirtylog_contract_recording_tlb);
