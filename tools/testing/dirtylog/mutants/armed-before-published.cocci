// SPDX-License-Identifier: GPL-2.0
// A tracker is armed first: a mark between that and its publication has no record to
// go to.
//
// Class: rule 1, attach, then arm
// Killed by: directed write_while_arming
// File: tracker.c

@@
expression list E;
@@
 dirtylog_attach(...)
 {
 <...
-	list_add_tail_rcu(E);
+	if (tracker->live)
+		list_add_tail_rcu(E);
 ...>
 }

@@
@@
 dirtylog_arm(...)
 {
 <...
 	WRITE_ONCE(tracker->live, !ret);
+	list_add_tail_rcu(&tracker->node, &log->trackers);
 ...>
 }
