#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh [full]: every step of `make check`, one after the other, and with "full"
# those that take longer. A step is a script that leaves "PASSED FAILED SKIPPED" in
# build/results/STEP; one that does not, failed, and so did one that skipped more
# than is expected of it. Ends in one line of totals.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/env.sh"
case $*:$# in
:0 | full:1) ;;
*) die "usage: check.sh [full]" ;;
esac

trap 'exit 130' INT TERM
rm -rf "$RESULTS"
mkdir -p "$RESULTS"
passed=0 failed=0 skipped=0

# step [-s SKIPS] NAME COMMAND...
step() {
	local name t0=$SECONDS rc=0 p f s skips=0
	if [ "$1" = -s ]; then
		skips=$2
		shift 2
	fi
	name=$1
	shift
	say "=== $name"
	"$@" 2>&1 || rc=$?
	read -r p f s 2>/dev/null <"$RESULTS/$name" || {
		echo "$name: ended without a result (status $rc)"
		p=0 f=1 s=0
	}
	if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then
		echo "$name: ended with status $rc"
		f=1
	fi
	if [ "$s" -gt "$skips" ]; then
		echo "$name: $s skipped, $skips expected"
		f=$((f + 1))
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	say "=== $name: $p passed, $f failed, $s skipped in $((SECONDS - t0)) s"
}

# A step that is one test: its exit status.
whole() {
	"${@:2}" && result "$1" 1 0 0
}

step packages whole packages "$here/packages.sh"
if [ "$failed" -ne 0 ]; then
	say "packages that are needed cannot be installed: nothing else is tried"
	echo "$passed passed, $failed failed, $skipped skipped"
	exit 1
fi
step tree whole tree "$here/tree.py" --build "$BUILD"
step lint "$here/lint.sh"
step objects "$here/objects.sh"
# herd7 is no package: what needs it is skipped without.
step -s "$(find "$TOP/Documentation/litmus-tests/dirtylog" -name '*.litmus' | wc -l)" \
	litmus "$here/litmus.sh"
step model "$here/model.sh"
step mutants "$here/mutants.sh"
step stress "$here/stress.sh"
# User-mode Linux has one CPU.
step -s 4 kunit "$here/kunit.sh" uml
step kunit-x86 "$here/kunit.sh" x86
step kunit-s390 "$here/kunit.sh" s390
step selftests-x86 "$here/rig/selftests.sh" x86
step selftests-s390 "$here/rig/selftests.sh" s390
step planted-loss "$here/rig/planted-loss.sh"
step demo "$here/rig/demo.sh" x86
step demo-s390 "$here/rig/demo.sh" s390

if [ "${1:-}" = full ]; then
	step coccicheck "$here/cocci.sh"
	step slow-x86 env STEP=slow-x86 LIST="$here/rig/slow-x86.list" "$here/rig/selftests.sh" x86
	step defects-x86 "$here/rig/defects.sh" x86
	step defects-s390 "$here/rig/defects.sh" s390
	step kunit-x86-debug "$here/kunit.sh" x86 debug
	step kunit-s390-debug "$here/kunit.sh" s390 debug
	for arch in x86 s390; do
		step debug-$arch env STEP=debug-$arch SLOWDOWN=8 OUT="$BUILD/$arch-debug" \
			FRAGMENTS="$here/rig/debug.config" LIST="$here/rig/debug-$arch.list" \
			"$here/rig/selftests.sh" $arch
	done
	# Both at once: these two steps count what they left.
	"$here/rig/mutants.sh" both || true
	step mutants-s390 true
	step mutants-x86 true
	step bench-s390 "$here/rig/bench-s390.sh"
	# Targets that are known to be missed: KNOWN in bench/table.py.
	step -s 6 bench-kvm "$here/rig/bench-kvm.sh"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
