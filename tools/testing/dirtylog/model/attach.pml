/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tracker is attached and armed, lib/dirtylog/tracker.c, while a vCPU runs. There
 * is another one, live from the start, whose reader harvests meanwhile; or there is
 * none.
 *
 * The vCPU has a second fault path, one that marks first: under a lock that protect
 * takes exclusively and arm does not, and all in one RCU read-side section (rule 2).
 *
 * rule1	at any moment and for both, see memory.pml
 * copy		what was copied once after dirtylog_arm(), and the rounds from there:
 *		the writers stopped, quiesced, one more harvest: the copy is memory
 */
#define TRACKERS	2
#define VCPUS		1
#define LOCKED_FAULT
#define OWN_MARK

/* The trackers that marks find: bit t. dirtylog.trackers */
byte listed;
/* In an RCU read-side section. */
bool rcu;
/* Holders of the lock, for read. */
bool mmu_lock;

#define MAY_PROTECT	(!mmu_lock)

/* mark_one(): the walk of the list, where new trackers are the last. */
inline walk(page)
{
	if
	:: listed & 1 -> record_mark(0, page)
	:: else
	fi;
	if
	:: listed & 2 -> record_mark(1, page)
	:: else
	fi
}

/* dirtylog_mark(), which ends the window */
inline mark(me, page)
{
	rcu = true;
	walk(page);
	atomic { rcu = false; window[me] = 0; page = 0 }
}

#include "memory.pml"
#include "pass.pml"

/* dirtylog_attach(): list_add_tail_rcu() */
inline attach(t)
{
	atomic { !harvest_lock -> listed = listed | (1 << t) }
}

/* dirtylog_protect_dirty() of the other tracker, or dirtylog_arm_mappings() */
inline arm_mappings()
{
	word = 1;
	do
	:: word <= 2 ->
		if
		:: live[0] ->
			if
			:: (summary[0] & word) && (leaf[0] & word) -> protect(word)
			:: else
			fi
		:: else -> writable = writable & ~word
		fi;
		word = word << 1
	:: else -> break
	od;
	word = 0
}

/* dirtylog_arm(); then the reader copies everything. */
inline arm(t)
{
	lock();
#ifdef COPY_BEFORE_ARM
	differs[t] = 0;
#endif
#ifndef NO_GRACE_PERIOD
	!rcu;
#endif
	arm_mappings();
#ifndef NO_FLUSH_IN_ARM
	flush_tlbs();
#endif
	atomic {
		live[t] = true;
#ifndef COPY_BEFORE_ARM
		differs[t] = 0;
#endif
		unlock()
	}
}

/*
 * Reader 0 harvests as it likes. Reader 1 goes from arm to its last harvest: rounds of
 * two are the matter of two-trackers.pml.
 */
proctype reader(byte t)
{
	READER_LOCALS;

	if
	:: t == 1 ->
#ifndef ARM_BEFORE_ATTACH
		attach(1);
		arm(1)
#else
		arm(1);
		attach(1)
#endif
	:: else
	fi;
	read_rounds(t, t == 0)
}

init
{
	atomic {
		differs[1] = ALL;
		run vcpu(0);
		if
		:: true
		:: true ->
			live[0] = true;
			listed = 1;
			run reader(0)
		fi;
		run reader(1)
	}
}
