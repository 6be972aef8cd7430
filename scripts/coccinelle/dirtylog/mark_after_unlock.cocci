// SPDX-License-Identifier: GPL-2.0
/// A frame is marked after the lock was dropped under which its entry became writable.
/// A harvester that has waited for the lock may end its pass in between: the page is
/// writable, and in no record.
//# Right all the same where protect comes after the take and waits for that lock, and
//# the last harvest waits for such windows: rule 5 of <linux/dirtylog.h>. The mark
//# needs a barrier of its own then, as dirtylog_mark() has; mark_page_dirty() has none.
///
// Confidence: Moderate
// Options: --no-includes --include-headers
// Keywords: dirtylog_mark, mark_page_dirty

virtual context
virtual org
virtual report

@initialize:python@
@@

seen = set()

@r exists@
identifier mark =~ "dirtylog_mark|mark_page_dirty|gpc_mark_dirty";
identifier set =~ "(^|_)(set|update|write|xchg|cmpxchg|install)_(s?pte|pmd|pud|c?rste)|(pte|pmd|pud|rste)p?_(set|update|xchg|cmpxchg|insert|install)|stage2_(map|relax_perms)|map_page$";
identifier store =~ "xchg|^WRITE_ONCE$|^smp_store_";
identifier ptr =~ "pte|pmd|pud|rste";
identifier lock =~ "(^|_)(try)?lock|_LOCK|_op_walk$";
identifier unlock =~ "^(raw_)?(spin|read|write|mutex)_unlock|unmap_unlock|_UNLOCK$|_op_end$";
expression x, e, L;
type T;
position p, q, u;
@@

(
 set@q(...)
|
 x.set@q(...)
|
 x->set@q(...)
|
 store@q(<+... ptr ...+>, ...)
|
 *(T)ptr@q = e
|
 *x->ptr@q = e
|
 ptr@q[...] = e
|
 x->ptr@q[...] = e
)
 ... when != mark(...)
 unlock@u(L, ...)
 ... when != lock(...)
 mark@p(...)

// What leads back to a line before is the next turn of a loop.
@script:python first@
p << r.p;
q << r.q;
u << r.u;
@@

place = (p[0].file, p[0].line, p[0].column)
if not int(q[0].line) < int(u[0].line) < int(p[0].line) or place in seen:
	cocci.include_match(False)
else:
	seen.add(place)

@depends on context@
identifier i;
position r.p;
@@

* i@p

@script:python depends on org@
p << r.p;
u << r.u;
@@

coccilib.org.print_todo(p[0], "%s: marked after the unlock in line %s" % (p[0].current_element, u[0].line))

@script:python depends on report@
p << r.p;
u << r.u;
@@

coccilib.report.print_report(p[0], "%s: marked after the unlock in line %s" % (p[0].current_element, u[0].line))
