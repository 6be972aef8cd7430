/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dirtylog

#if !defined(_TRACE_DIRTYLOG_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_DIRTYLOG_H

#include <linux/bitmap.h>
#include <linux/dirtylog.h>
#include <linux/tracepoint.h>

/* Frames were made writable, or were written. */
TRACE_EVENT(dirtylog_mark,
	TP_PROTO(const struct dirtylog *log, unsigned long first,
		 unsigned long nr),
	TP_ARGS(log, first, nr),

	TP_STRUCT__entry(
		__field(const void *,	log)
		__field(unsigned long,	first)
		__field(unsigned long,	nr)
	),

	TP_fast_assign(
		__entry->log = log;
		__entry->first = first;
		__entry->nr = nr;
	),

	TP_printk("log=%p first=%lu nr=%lu",
		  __entry->log, __entry->first, __entry->nr)
);

TRACE_DEFINE_ENUM(DIRTYLOG_PASS_HARVEST);
TRACE_DEFINE_ENUM(DIRTYLOG_PASS_PEEK);
TRACE_DEFINE_ENUM(DIRTYLOG_PASS_REARM);

#define show_dirtylog_pass(pass)				\
	__print_symbolic(pass,					\
		{ DIRTYLOG_PASS_HARVEST,	"harvest" },	\
		{ DIRTYLOG_PASS_PEEK,		"peek" },	\
		{ DIRTYLOG_PASS_REARM,		"rearm" })

/* A pass ended. In granules of the tracker. */
TRACE_EVENT(dirtylog_pass,
	TP_PROTO(const struct dirtylog_tracker *tracker,
		 enum dirtylog_pass_kind kind, const struct dirtylog_pass *pass,
		 unsigned long granules, int ret),
	TP_ARGS(tracker, kind, pass, granules, ret),

	TP_STRUCT__entry(
		__field(const void *,	log)
		__field(const void *,	tracker)
		__field(unsigned int,	order)
		__field(unsigned int,	kind)
		__field(unsigned long,	first)
		__field(unsigned long,	next)
		__field(unsigned long,	granules)
		__field(int,		ret)
	),

	TP_fast_assign(
		__entry->log = tracker->log;
		__entry->tracker = tracker;
		__entry->order = tracker->order;
		__entry->kind = kind;
		__entry->first = pass->first;
		__entry->next = pass->next;
		__entry->granules = granules;
		__entry->ret = ret;
	),

	TP_printk("log=%p tracker=%p order=%u %s first=%lu next=%lu granules=%lu ret=%d",
		  __entry->log, __entry->tracker, __entry->order,
		  show_dirtylog_pass(__entry->kind), __entry->first,
		  __entry->next, __entry->granules, __entry->ret)
);

/* A batch is about to be protected in one mapping. */
TRACE_EVENT(dirtylog_batch,
	TP_PROTO(const struct dirtylog_mapping *mapping,
		 const struct dirtylog_batch *batch),
	TP_ARGS(mapping, batch),

	TP_STRUCT__entry(
		__field(const void *,	log)
		__field(const void *,	mapping)
		__field(unsigned long,	first)
		__field(unsigned int,	nr)
		__field(unsigned int,	frames)
	),

	TP_fast_assign(
		__entry->log = mapping->log;
		__entry->mapping = mapping;
		__entry->first = batch->first;
		__entry->nr = batch->nr;
		__entry->frames = bitmap_weight(batch->bits, batch->nr);
	),

	TP_printk("log=%p mapping=%p first=%lu nr=%u frames=%u",
		  __entry->log, __entry->mapping, __entry->first, __entry->nr,
		  __entry->frames)
);

#define show_dirtylog_relax(why)				\
	__print_flags(why, "|",					\
		{ DIRTYLOG_RELAX_RESCHED,	"resched" },	\
		{ DIRTYLOG_RELAX_HELD,		"held" },	\
		{ DIRTYLOG_RELAX_CONTENDED,	"contended" })

/* The lock of a mapping is dropped between two batches, and taken again. */
TRACE_EVENT(dirtylog_relax,
	TP_PROTO(const struct dirtylog_mapping *mapping, unsigned long held,
		 unsigned int why),
	TP_ARGS(mapping, held, why),

	TP_STRUCT__entry(
		__field(const void *,	log)
		__field(const void *,	mapping)
		__field(unsigned long,	held)
		__field(unsigned int,	why)
	),

	TP_fast_assign(
		__entry->log = mapping->log;
		__entry->mapping = mapping;
		__entry->held = held;
		__entry->why = why;
	),

	TP_printk("log=%p mapping=%p held=%lu why=%s",
		  __entry->log, __entry->mapping, __entry->held,
		  show_dirtylog_relax(__entry->why))
);

/* All mappings of a log are about to be flushed. */
TRACE_EVENT(dirtylog_flush,
	TP_PROTO(const struct dirtylog *log),
	TP_ARGS(log),

	TP_STRUCT__entry(
		__field(const void *,	log)
	),

	TP_fast_assign(
		__entry->log = log;
	),

	TP_printk("log=%p", __entry->log)
);

#endif /* _TRACE_DIRTYLOG_H */

#include <trace/define_trace.h>
