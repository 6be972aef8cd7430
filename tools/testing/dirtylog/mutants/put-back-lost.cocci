// SPDX-License-Identifier: GPL-2.0
// What a sink did not accept is gone.
//
// Class: 27, the consumer of a harvest fails
// Killed by: directed sink_fails
// File: pass.c

@@
@@
 pass_put_back(...)
 {
 <...
-	dirtylog_record_put_back(...);
 ...>
 }
