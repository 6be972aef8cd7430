#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench.sh [GIB...]: the engine against a flat bitmap, in userspace, as a Markdown table. Each
# line with a target is a test. In CPU time; still, a machine with nothing else to do
# is needed for lines with more than one thread. GIB: sizes of logs, if not all.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/env.sh"
step=bench
rm -f "$RESULTS/$step"

make -s -j"$JOBS" -C "$here/native" TOP="$TOP" O="$BUILD/native/plain" CC="$CC" \
	"$BUILD/native/plain/bench" >"$LOGS/$step-build.log" 2>&1 || {
	tail -n 20 "$LOGS/$step-build.log" >&2
	die "bench does not build, see $LOGS/$step-build.log"
}
"$BUILD/native/plain/bench" "$@" | tee "$LOGS/$step.log" | sed -u '/^|/!d'
sed '/^|/!d' "$LOGS/$step.log" >"$BUILD/$step.md"
read -r passed failed < <(tail -n 1 "$LOGS/$step.log")
result "$step" "$passed" "$failed" 0
say "$step: $passed passed, $failed failed, 0 skipped; the table is in $BUILD/$step.md"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
