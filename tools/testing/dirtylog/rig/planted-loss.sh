#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# planted-loss.sh: a kernel that loses one dirty bit in 10^5 must be found out, by
# dirty_log_test and by the demo. Each is a test that passes if they fail.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"
step=planted-loss
rm -f "$RESULTS/$step"
work=$BUILD/$step
mkdir -p "$work"

export OUT=$BUILD/x86-planted FRAGMENTS=$here/planted-loss.config
"$here/kernel.sh" x86 "$OUT"

passed=0 failed=0
# noticed NAME PATTERN COMMAND...: COMMAND fails, and says PATTERN
noticed() {
	local name=$1 pattern=$2 log=$LOGS/$step-$1.log rc=0
	shift 2
	# What fails here on purpose must not count as a result of its own.
	"$@" >"$log" 2>&1 || rc=$?
	if [ "$rc" -ne 0 ] && grep -q "$pattern" "$log"; then
		say "$name fails, as it has to: $(grep -m 1 "$pattern" "$log")"
		passed=$((passed + 1))
	else
		say "$name did not notice (status $rc), see $log"
		failed=$((failed + 1))
	fi
}

grep 'dirty_log_test -M dirty-log -i' "$here/selftests-x86.list" >"$work/list"
noticed dirty_log_test 'should have its dirty bit set in this iteration' \
	env BUILD="$work" TREE="$TREE" LIST="$work/list" "$here/selftests.sh" x86 t
noticed demo '^FAILED: ' \
	env BUILD="$work" TREE="$TREE" DEMO_ARGS="--mode all" "$here/demo.sh" x86

result "$step" "$passed" "$failed" 0
say "$step: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
