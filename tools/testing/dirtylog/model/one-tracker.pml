/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One tracker against two vCPUs and a second protector: the fault path, stale TLBs,
 * failure and put-back, the one flush at the end.
 *
 * rule1	at any moment, see memory.pml
 * copy		the writers stopped, quiesced, one more harvest: the copy is memory
 */
#define TRACKERS	1
#define VCPUS		2
#define PROTECTOR
#include "memory.pml"
#include "pass.pml"

proctype reader()
{
	READER_LOCALS;

	read_rounds(0, true)
}

init
{
	atomic {
		live[0] = true;
		run vcpu(0);
		run vcpu(1);
		run protector();
		run reader()
	}
}
