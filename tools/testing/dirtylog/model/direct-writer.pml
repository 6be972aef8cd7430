/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One tracker against a direct writer, which is never armed, a vCPU and a second
 * protector: what quiesce waits for.
 *
 * rule1	at any moment, see memory.pml
 * copy		the writers stopped, quiesced, one more harvest: the copy is memory
 */
#define TRACKERS	1
#define VCPUS		1
#define PROTECTOR
#define DIRECT_WRITER
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
		run direct_writer(1);
		run protector();
		run reader()
	}
}
