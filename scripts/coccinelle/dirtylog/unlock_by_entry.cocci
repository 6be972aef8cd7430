// SPDX-License-Identifier: GPL-2.0
/// An entry is read again to decide whether a lock is held and has to be dropped. It may
/// have changed since the lock was taken, or dropped, by what it was then: the lock stays
/// held for ever, or one that is not held is dropped.
//# Right all the same where nobody can change in between what the decision looks at. Keep
//# what was decided in a variable instead.
///
// Confidence: Moderate
// Options: --no-includes --include-headers
// Keywords: spin_unlock, pmd_leaf

virtual context
virtual org
virtual report

// The end of a section that somebody else has begun, or another look at the entry.
@other exists@
identifier f;
identifier lock =~ "(^|_)(try)?lock|_LOCK|_op_walk$";
identifier unlock =~ "_unlock|_UNLOCK|_op_end$";
identifier ptr =~ "pte|pmd|pud|ste$|table$|entry$";
identifier rd =~ "^READ_ONCE$|(pte|pmd|pud|rste)p?_(get|read)|(get|read)_(s?pte|pmd|pud|c?rste)";
expression L;
position p;
@@

 f(...)
 {
 ... when != lock(...)
 if (<+... \(*ptr\|rd(<+... ptr ...+>)\) ...+>) {
 ...
 unlock@p(L, ...);
 ...
 }
 ... when any
 }

// The lock was dropped before, on one of the ways that lead here.
@again exists@
identifier lock =~ "(^|_)(try)?lock|_LOCK|_op_walk$";
identifier unlock =~ "_unlock|_UNLOCK|_op_end$";
identifier ptr =~ "pte|pmd|pud|ste$|table$|entry$";
identifier rd =~ "^READ_ONCE$|(pte|pmd|pud|rste)p?_(get|read)|(get|read)_(s?pte|pmd|pud|c?rste)";
expression L;
position p != other.p;
@@

 unlock(L, ...);
 ... when != lock(...)
 if (<+... \(*ptr\|rd(<+... ptr ...+>)\) ...+>) {
 ...
 unlock@p(L, ...);
 ...
 }

@depends on context@
identifier i;
position other.p;
@@

* i@p

@depends on context@
identifier i;
position again.p;
@@

* i@p

@script:python depends on org@
p << other.p;
@@

coccilib.org.print_todo(p[0], "%s: what an entry is now decides about the unlock" % p[0].current_element)

@script:python depends on org@
p << again.p;
@@

coccilib.org.print_todo(p[0], "%s: what an entry is now decides about the unlock" % p[0].current_element)

@script:python depends on report@
p << other.p;
@@

coccilib.report.print_report(p[0], "%s: what an entry is now decides about the unlock" % p[0].current_element)

@script:python depends on report@
p << again.p;
@@

coccilib.report.print_report(p[0], "%s: what an entry is now decides about the unlock" % p[0].current_element)
