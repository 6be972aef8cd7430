/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries that record, rule 7: two trackers, each with a reader that harvests when it
 * likes, against a vCPU whose writes leave notes, and somebody who zaps. Whoever takes a
 * note away marks: fold, protect, zap.
 *
 * rule1	at any moment and for both, see memory.pml; a page with a note is armed
 * copy		the writers stopped, quiesced, one more harvest: the copy is memory
 */
#define TRACKERS	2
#define VCPUS		1
#define RECORDS
#define OWN_MARK

/* dirtylog_mark(), in one step: what may come between is the matter of the others. */
inline mark(me, page)
{
	atomic {
		leaf[0] = leaf[0] | page;
		leaf[1] = leaf[1] | page;
		summary[0] = summary[0] | page;
		summary[1] = summary[1] | page;
		window[me] = 0;
		page = 0
	}
}

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
		run zapper(0);
		run reader(0);
		run reader(1)
	}
}
