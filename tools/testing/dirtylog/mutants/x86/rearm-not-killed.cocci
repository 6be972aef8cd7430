// SPDX-License-Identifier: GPL-2.0
// Nothing but its end ends a rearm.
//
// Class: 16, an unbounded loop under a lock
// Killed by: selftest t dirtylog/kvm_kill
// File: lib/dirtylog/pass.c

@@
@@
 pass_interrupted(...)
 {
 ...
-	return fatal_signal_pending(current) ? -EINTR : 0;
+	return 0;
 }

@@
@@
 dirtylog_rearm(...)
 {
 <...
 dirtylog_protect_chunk(...,
-		       true
+		       false
		       )
 ...>
 }
