/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The barrier of rule 2, on CPUs with store buffers (TSO, as x86 and s390 have it):
 * a store waits in its CPU's buffer until it lands in memory, loads pass it, an
 * atomic operation and a full barrier wait until the buffer is empty.
 *
 * One page, one tracker, the leaf alone: what marks do to a summary bit is atomic
 * and ordered on such CPUs anyway. record.pml and memory.pml have the rest.
 *
 * rule1	at any moment the page is dirty, taken and not flushed, armed, or in a
 *		window
 * copy		the writers stopped, quiesced, one more harvest: the copy is memory
 */

mtype = { ENTRY, DATA, CLEAR };
chan buffer0 = [2] of { mtype };
chan buffer1 = [2] of { mtype };
chan buffer2 = [2] of { mtype };

bool leaf;
bool writable;
bool tlb;
bool differs;
bool taken;
bool fault_window, direct_window;
bool stop;

bool rule1 = true;
bool copy = true;

/* smp_mb(), and what is in front of each atomic operation */
#define DRAINED(buffer)	empty(buffer)

#ifndef ONLY_COPY
active proctype monitor()
{
end:
	d_step {
		!(leaf || taken || !(writable || tlb) || fault_window) ->
		rule1 = false;
		assert(rule1)
	}
}
#endif

/* The oldest store of a CPU lands. */
active proctype memory()
{
end:	do
	:: atomic { buffer0?ENTRY -> writable = true }
	:: atomic { buffer0?DATA -> differs = true }
	:: atomic { buffer1?DATA -> differs = true }
#ifdef CLEAR_NOT_ATOMIC
	:: atomic { buffer2?CLEAR -> leaf = false }
#endif
	od
}

/* dirtylog_record_mark() */
inline mark_leaf(buffer)
{
	if
	:: leaf
	:: else -> atomic { DRAINED(buffer) -> leaf = true }
	fi
}

active proctype vcpu()
{
	do
	:: atomic { !stop && tlb && nfull(buffer0) -> buffer0!DATA }
	:: atomic { !stop && writable -> tlb = true }
	:: atomic {
		/* WRITE_ONCE() of an entry, then dirtylog_mark() */
		!stop && !writable && nfull(buffer0) ->
		fault_window = true;
		buffer0!ENTRY
	   }
#ifndef NO_BARRIER_IN_FAULT
	   DRAINED(buffer0);
#endif
	   mark_leaf(buffer0);
	   fault_window = false
	:: atomic {
		/* cmpxchg() of an entry, then dirtylog_mark_after_rmw() */
		!stop && !writable && DRAINED(buffer0) ->
		fault_window = true;
		writable = true
	   }
	   mark_leaf(buffer0);
	   fault_window = false
	:: atomic { stop -> break }
	od
}

active proctype direct_writer()
{
	do
	:: atomic { !stop && nfull(buffer1) -> direct_window = true; buffer1!DATA }
	   /* dirtylog_mark() */
#ifndef NO_BARRIER_IN_DIRECT_WRITER
	   DRAINED(buffer1);
#endif
	   mark_leaf(buffer1);
	   direct_window = false
	:: atomic { stop -> break }
	od
}

/* clear_bits() in scan_leaves() */
inline clear_leaf()
{
#ifndef CLEAR_NOT_ATOMIC
	atomic { taken = leaf; leaf = false }
#else
	atomic { taken = leaf; buffer2!CLEAR }
#endif
}

/* show_pass() of a harvest */
inline harvest()
{
	clear_leaf();
	if
	:: taken ->
		/* dirtylog_ops.protect: a cmpxchg() of what was read as writable */
		if
		:: writable -> atomic { DRAINED(buffer2) -> writable = false }
		:: else
		fi;
		/*
		 * dirtylog_ops.flush: an interrupt, and what was written through the
		 * translation has landed.
		 */
#ifndef FLUSH_LEAVES_STORES
		atomic { DRAINED(buffer0) -> tlb = false };
#else
		tlb = false;
#endif
		atomic { differs = false; taken = false }
	:: else
	fi
}

active proctype reader()
{
	bool last;

	do
	:: if
	   :: true
	   :: stop = true;
	      /* dirtylog_quiesce(): a grace period is a full barrier on each CPU. */
	      atomic {
		!fault_window && !direct_window &&
		DRAINED(buffer0) && DRAINED(buffer1) -> last = true
	      }
	   fi;
	   harvest();
	   if
	   :: last -> break
	   :: else
	   fi
	od;
#ifndef ONLY_RULE1
	atomic {
		copy = !differs;
		assert(copy)
	}
#endif
}
