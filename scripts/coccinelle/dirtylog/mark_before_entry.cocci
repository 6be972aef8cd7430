// SPDX-License-Identifier: GPL-2.0
/// A frame is marked before its entry is written. A harvest in between takes the bit,
/// finds the entry read-only, protects nothing, and the write that follows goes
/// unseen: rule 2 of <linux/dirtylog.h>.
//# Right all the same where one lock is held over mark and entry, and protect looks at
//# the entry only with that lock held exclusively. Where a function marks, and its
//# caller writes the entry, nothing is found.
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
expression x, e;
type T;
position p, q;
@@

 mark@p(...)
 ...
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

// What leads back to a line before is the next turn of a loop.
@script:python first@
p << r.p;
q << r.q;
@@

place = (p[0].file, p[0].line, p[0].column)
if int(q[0].line) <= int(p[0].line) or place in seen:
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
q << r.q;
@@

coccilib.org.print_todo(p[0], "%s: marked before the entry is written in line %s" % (p[0].current_element, q[0].line))

@script:python depends on report@
p << r.p;
q << r.q;
@@

coccilib.report.print_report(p[0], "%s: marked before the entry is written in line %s" % (p[0].current_element, q[0].line))
