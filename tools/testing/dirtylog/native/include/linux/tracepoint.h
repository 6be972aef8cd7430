/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints that are off: their arguments are checked, and nothing is done.
 */
#ifndef _NATIVE_LINUX_TRACEPOINT_H
#define _NATIVE_LINUX_TRACEPOINT_H

#include <linux/types.h>

#define TP_PROTO(args...)	args

#define TRACE_EVENT(name, proto, args...)			\
static inline void trace_##name(proto)				\
{								\
}								\
								\
static inline bool trace_##name##_enabled(void)			\
{								\
	return false;						\
}								\
								\
struct trace_##name

#define TRACE_DEFINE_ENUM(value)	enum trace_##value

#endif /* _NATIVE_LINUX_TRACEPOINT_H */
