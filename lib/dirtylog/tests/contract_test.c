// SPDX-License-Identifier: GPL-2.0
/*
 * The contract, on the mock MMU.
 */
#include "contract.h"
#include "mock_vm.h"

DIRTYLOG_CONTRACT_SUITE(dirtylog_contract_mock, mock_rig_create);
DIRTYLOG_CONTRACT_SUITE(dirtylog_contract_mock_two, mock_rig_create_two);

kunit_test_suites(&dirtylog_contract_mock, &dirtylog_contract_mock_two);
