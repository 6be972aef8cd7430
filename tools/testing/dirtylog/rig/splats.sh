#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# splats.sh LOG...: fails, and shows them, if there are kernel complaints in LOG
set -eu

[ $# -ge 1 ] || {
	echo "usage: splats.sh LOG..." >&2
	exit 2
}
for log; do
	[ -r "$log" ] || {
		echo "splats.sh: no log $log" >&2
		exit 2
	}
done

# "DEBUG:" is no complaint.
splats='WARNING:|(^|[^E])BUG:|kernel BUG at|Oops|Kernel panic|KASAN:|KCSAN:|UBSAN:'
splats="$splats"'|general protection|nable to handle|segfault at|trap invalid opcode|double fault'
splats="$splats"'|possible circular locking|possible recursive locking|possible irq lock inversion'
splats="$splats"'|inconsistent lock state|suspicious RCU usage|sleeping function called'
splats="$splats"'|scheduling while atomic|list_(add|del) corruption|refcount_t:|Bad page state'
splats="$splats"'|RCU: stall|rcu: INFO: rcu_.*detected|self-detected stall|soft lockup|hard LOCKUP'
splats="$splats"'|INFO: task .* blocked|Out of memory|Call Trace:|-\[ end '
export splats

# "rig:" lines are the runner's: they say which test it was.
exec awk '
FNR == 1 { test = ""; shown = 0 }
/rig: / && !shown { test = $0 }
!shown && $0 ~ ENVIRON["splats"] {
	print FILENAME ": the kernel complained:"
	if (test)
		print "  " test
	shown = 30
	bad = 1
}
shown > 1 { print "  " $0; shown-- }
END { exit bad }' "$@"
