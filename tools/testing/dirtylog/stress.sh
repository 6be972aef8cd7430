#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# stress.sh: the engine in userspace, threads on the mock MMU and a tight race of
# marks and harvests: built plainly, with ASan and UBSan, with TSan. Then the tests
# are tested: bugs of the mock's and mutations of the engine must be found.
#
#   MINUTES=M      stress each build for so long, instead of 10^7 stores in all
#   THREADS=T      writers
#   SEED=N         of the stores
#   RACE_SECONDS=S for the race of each kind of mark
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/env.sh"
step=stress
rm -f "$RESULTS/$step"
. "$here/native.sh"
passed=0 failed=0 skipped=0
case ${MINUTES:-1}:${THREADS:-2} in
0* | *:0* | :* | *: | *[!0-9:]*) die "MINUTES=${MINUTES:-} THREADS=${THREADS:-}: no such numbers" ;;
esac

# TSan wants its memory where it is without randomization.
fixed=()
! setarch -R true 2>/dev/null || fixed=(setarch -R)

# passes NAME COMMAND...: COMMAND succeeds
passes() {
	local name=$1 log=$LOGS/$step-$1.log rc=0
	shift
	"$@" >"$log" 2>&1 </dev/null || rc=$?
	if [ "$rc" -eq 0 ]; then
		sed "s/^/        /" "$log"
		say "$step: $name: ok"
		passed=$((passed + 1))
	else
		head -n 60 "$log" | sed "s/^/        /"
		say "$step: $name: FAILED (status $rc), see $log"
		failed=$((failed + 1))
	fi
}

# finds NAME PATTERN LINES COMMAND...: COMMAND fails, and says PATTERN in LINES lines
finds() {
	local name=$1 pattern=$2 lines=$3 log=$LOGS/$step-$1.log rc=0
	shift 3
	"$@" >"$log" 2>&1 </dev/null || rc=$?
	if [ "$rc" -ne 0 ] && [ "$(grep -c "$pattern" "$log")" -eq "$lines" ]; then
		say "$step: $name is found: $(grep -m 1 "$pattern" "$log")"
		passed=$((passed + 1))
	else
		say "$step: $name is NOT FOUND (status $rc), see $log"
		failed=$((failed + 1))
	fi
}

# mutant NAME FILE SED BUILD PROGRAM: the program, with FILE of the engine edited
mutant() {
	sed "$3" "$ENGINE/$2" | edited "mutant-$1" "$4" "$2" ||
		die "$2 has nothing to mutate for '$1'"
	build "mutant-$1" "$4" "$5" LIB="$NATIVE/mutant-$1/lib"
}

# stress BUILD OPS: what is common to all runs
stress() {
	local args=(--ops "$2") limit=300
	if [ -n "${MINUTES:-}" ]; then
		args=(--minutes "$MINUTES")
		limit=$((MINUTES * 60 + 300))
	fi
	[ -z "${SEED:-}" ] || args+=(--seed "$SEED")
	[ -z "${THREADS:-}" ] || args+=(--threads "$THREADS")
	timeout "$limit" "${fixed[@]}" "$NATIVE/$1/stress" "${args[@]}"
}

say "$step: building"
for name in plain asan tsan; do
	build "$name" "$name" stress
done
build plain plain race

passes plain stress plain 7900000
passes asan stress asan 1500000
passes tsan stress tsan 600000
for bug in flush mark-first direct-mark-first list-late; do
	finds "bug-$bug" '^LOST: ' 1 \
		timeout 60 "$NATIVE/plain/stress" --ops 20000000 --bug "$bug"
done

# A read that the compiler may tear or repeat.
mutant plain-read record.c 's/READ_ONCE(leaf\[i\])/leaf[i]/' tsan stress
finds plain-read 'WARNING: ThreadSanitizer: data race' 1 \
	timeout 60 "${fixed[@]}" env TSAN_OPTIONS=halt_on_error=1 \
	"$NATIVE/mutant-plain-read/stress" --ops 5000000
# A record that is freed under marks: which sanitizer, or the copy, is the first to see
# it, is chance.
mutant no-grace-period tracker.c '/^\tsynchronize_rcu();$/d' asan stress
finds no-grace-period '^LOST: \|runtime error: \|ERROR: AddressSanitizer: ' 1 \
	timeout 60 "$NATIVE/mutant-no-grace-period/stress" --ops 20000000
# A record with a word too few.
mutant short-record record.c 's/__vcalloc(total,/__vcalloc(total - 1,/' asan stress
finds short-record 'ERROR: AddressSanitizer: heap-buffer-overflow' 1 \
	timeout 60 "$NATIVE/mutant-short-record/stress" --ops 20000000
# A shift by all bits of a word.
mutant wide-shift record.c '/^\t\tif (tail)$/d' asan stress
finds wide-shift 'runtime error: shift exponent' 1 \
	timeout 60 "$NATIVE/mutant-wide-shift/stress" --ops 20000000

# Marks without the barrier of rule 2: only two CPUs at once can tell.
if [ "$(nproc)" -gt 1 ]; then
	passes race timeout 300 "$NATIVE/plain/race" "${RACE_SECONDS:-2}"
	mutant no-barrier mark.c '/^\tsmp_mb();$/d' plain race
	finds no-barrier '^LOST: ' 6 timeout 300 "$NATIVE/mutant-no-barrier/race" 60
else
	say "$step: race, no-barrier: SKIP (one CPU)"
	skipped=$((skipped + 2))
fi

result "$step" "$passed" "$failed" "$skipped"
say "$step: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
