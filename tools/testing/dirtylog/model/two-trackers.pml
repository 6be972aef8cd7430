/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two trackers, each with a reader that harvests when it likes, against a vCPU: the
 * harvest lock.
 *
 * With FLUSH_IF_CHANGED a pass flushes only if it made an entry read-only. Rule 6
 * allows that where all protectors flush under one lock: the harvest lock, held
 * from take to flush. So there is no other protector here. A pass that drops the lock
 * earlier (UNLOCK_BEFORE_FLUSH) would then show what another has not flushed.
 *
 * rule1	at any moment and for both, see memory.pml
 * copy		the writers stopped, quiesced, one more harvest: the copy is memory
 */
#define TRACKERS	2
#define VCPUS		1
#include "memory.pml"
#include "pass.pml"

proctype reader(byte t)
{
	READER_LOCALS;

	read_rounds(t, true)
}

init
{
	atomic {
		live[0] = true;
		live[1] = true;
		run vcpu(0);
		run reader(0);
		run reader(1)
	}
}
