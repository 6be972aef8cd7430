// SPDX-License-Identifier: GPL-2.0
/// A plain store puts into an entry what was made of its old value. What hardware, or a
/// fault path that takes no lock, has put there since the old value was read is gone: an A
/// or D bit, or that it is writable.
//# Right all the same where a lock is held without which nobody changes such an entry,
//# hardware included. An entry that was exchanged, or invalidated (IPTE, IDTE, CSP),
//# between read and store is not reported.
///
// Confidence: Low
// Options: --no-includes --include-headers
// Keywords: set_pte, set_pmd, WRITE_ONCE, cmpxchg

virtual context
virtual org
virtual report

// In one expression.
@direct@
identifier set =~ "(^|_)set_(s?pte|pmd|pud|c?rste)(_at)?$|(pte|pmd|pud|rste)_set$";
identifier rd =~ "^READ_ONCE$|(pte|pmd|pud|rste)p?_(get|read)|(get|read)_(s?pte|pmd|pud|c?rste)";
identifier ptr =~ "pte|pmd|pud|rste";
identifier val =~ "(pte|pmd|pud|rste)_val$";
expression ent, e;
position p;
@@

(
 set@p(..., ent, ..., <+... \(*ent\|rd(ent)\|rd(*ent)\) ...+>, ...)
|
 WRITE_ONCE@p(*ptr, <+... \(*ptr\|rd(ptr)\|rd(*ptr)\) ...+>)
|
 *ptr@p = <+... \(*ptr\|rd(ptr)\|rd(*ptr)\) ...+>
|
 *ptr@p |= e
|
 *ptr@p &= e
|
 val@p(*ptr) |= e
|
 val@p(*ptr) &= e
)

// By way of a variable.
@once exists@
identifier set =~ "(^|_)set_(s?pte|pmd|pud|c?rste)(_at)?$|(pte|pmd|pud|rste)_set$";
identifier rd =~ "^READ_ONCE$|(pte|pmd|pud|rste)p?_(get|read)|(get|read)_(s?pte|pmd|pud|c?rste)";
identifier take =~ "xchg|_(ipte|idte|csp|clear_flush|get_and_clear)|(pte|pmd|pud)p_(flush|invalidate)";
identifier ptr =~ "pte|pmd|pud|rste";
identifier old;
expression e;
type T;
position p != direct.p;
@@

(
 old = <+... \(*ptr\|rd(ptr)\|rd(*ptr)\) ...+>;
|
 T old = <+... \(*ptr\|rd(ptr)\|rd(*ptr)\) ...+>;
)
 ... when != old = e
     when != take(...)
(
 set@p(..., ptr, ..., <+... old ...+>, ...)
|
 WRITE_ONCE@p(*ptr, <+... old ...+>)
|
 *ptr@p = <+... old ...+>
)

// By way of two.
@twice exists@
identifier set =~ "(^|_)set_(s?pte|pmd|pud|c?rste)(_at)?$|(pte|pmd|pud|rste)_set$";
identifier rd =~ "^READ_ONCE$|(pte|pmd|pud|rste)p?_(get|read)|(get|read)_(s?pte|pmd|pud|c?rste)";
identifier take =~ "xchg|_(ipte|idte|csp|clear_flush|get_and_clear)|(pte|pmd|pud)p_(flush|invalidate)";
identifier ptr =~ "pte|pmd|pud|rste";
identifier old, new;
expression e, e2;
type T;
position p != {direct.p, once.p};
@@

(
 old = <+... \(*ptr\|rd(ptr)\|rd(*ptr)\) ...+>;
|
 T old = <+... \(*ptr\|rd(ptr)\|rd(*ptr)\) ...+>;
)
 ... when != old = e
     when != take(...)
(
 new = <+... old ...+>;
|
 T new = <+... old ...+>;
)
 ... when != new = e2
     when != take(...)
(
 set@p(..., ptr, ..., <+... new ...+>, ...)
|
 WRITE_ONCE@p(*ptr, <+... new ...+>)
|
 *ptr@p = <+... new ...+>
)

@depends on context@
identifier i;
position direct.p;
@@

* i@p

@depends on context@
identifier i;
position once.p;
@@

* i@p

@depends on context@
identifier i;
position twice.p;
@@

* i@p

@script:python depends on org@
p << direct.p;
@@

coccilib.org.print_todo(p[0], "%s: a plain store to an entry that may change under it" % p[0].current_element)

@script:python depends on org@
p << once.p;
@@

coccilib.org.print_todo(p[0], "%s: a plain store to an entry that may change under it" % p[0].current_element)

@script:python depends on org@
p << twice.p;
@@

coccilib.org.print_todo(p[0], "%s: a plain store to an entry that may change under it" % p[0].current_element)

@script:python depends on report@
p << direct.p;
@@

coccilib.report.print_report(p[0], "%s: a plain store to an entry that may change under it" % p[0].current_element)

@script:python depends on report@
p << once.p;
@@

coccilib.report.print_report(p[0], "%s: a plain store to an entry that may change under it" % p[0].current_element)

@script:python depends on report@
p << twice.p;
@@

coccilib.report.print_report(p[0], "%s: a plain store to an entry that may change under it" % p[0].current_element)
