// SPDX-License-Identifier: GPL-2.0
/// The result of what protects, arms or harvests is thrown away: what was not protected
/// stays writable, and what was not shown is taken for clean.
//# Right all the same where the result says only whether to flush, and the caller
//# flushes always. A cast to void says that somebody has thought of it: not reported.
///
// Confidence: Moderate
// Options: --no-includes --include-headers
// Keywords: dirtylog_arm, dirtylog_harvest, dirtylog_protect, wrprotect

virtual context
virtual org
virtual report

@api@
identifier f =~ "^dirtylog_(init|map|attach|arm|harvest|peek|rearm|protect|protect_all|quiesce)$";
position p;
@@

 f@p(...);

@op@
identifier f = {protect, arm, quiesce};
expression x;
position p;
@@

(
 x->f@p(...);
|
 x.f@p(...);
)

// Functions of the same file, if they return something.
@nothing@
identifier f;
position d;
@@

 void f@d(...) { ... }

@own@
identifier f =~ "(^|_)(wr)?prot(ect)?(_|$)|(^|_)(arm|rearm|harvest)(_|$)";
type T;
position d != nothing.d;
@@

 T f@d(...) { ... }

@call@
identifier own.f;
position p != api.p;
@@

 f@p(...);

// A walk with a function that protects: it may end half-way.
@walk@
identifier w =~ "apply|walk|range|for_each";
identifier f =~ "(^|_)(wr)?prot(ect)?$";
position p;
@@

 w@p(..., f, ...);

@depends on context@
identifier i;
position api.p;
@@

* i@p

@depends on context@
identifier f;
expression x;
position op.p;
@@

(
* x->f@p(...)
|
* x.f@p(...)
)

@depends on context@
identifier i;
position call.p;
@@

* i@p

@depends on context@
identifier i;
position walk.p;
@@

* i@p

@script:python depends on org@
p << api.p;
@@

coccilib.org.print_todo(p[0], "%s: the result is thrown away" % p[0].current_element)

@script:python depends on org@
p << op.p;
@@

coccilib.org.print_todo(p[0], "%s: the result is thrown away" % p[0].current_element)

@script:python depends on org@
p << call.p;
@@

coccilib.org.print_todo(p[0], "%s: the result is thrown away" % p[0].current_element)

@script:python depends on org@
p << walk.p;
@@

coccilib.org.print_todo(p[0], "%s: the result is thrown away" % p[0].current_element)

@script:python depends on report@
p << api.p;
@@

coccilib.report.print_report(p[0], "%s: the result is thrown away" % p[0].current_element)

@script:python depends on report@
p << op.p;
@@

coccilib.report.print_report(p[0], "%s: the result is thrown away" % p[0].current_element)

@script:python depends on report@
p << call.p;
@@

coccilib.report.print_report(p[0], "%s: the result is thrown away" % p[0].current_element)

@script:python depends on report@
p << walk.p;
@@

coccilib.report.print_report(p[0], "%s: the result is thrown away" % p[0].current_element)
