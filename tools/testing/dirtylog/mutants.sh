#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutants.sh [NAME...]: bugs put into the engine or the mock MMU, one at a time, are
# found by tests in userspace. Each file of mutants/ is a semantic patch for one source file;
# its header says what it breaks, and which command notices.
#
# A mutant is killed by a command that succeeds without it and fails with it. One that
# survives, does not apply or does not compile is a failure; so is a directed case that
# no mutant names.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/env.sh"
step=mutants
rm -f "$RESULTS/$step"
. "$here/native.sh"
passed=0 failed=0 skipped=0
out=$NATIVE/$step
# Seconds until a command that will not end has not noticed.
limit=100

# shellcheck disable=SC2034
mutants=$here/mutants verdicts=$out
. "$here/mutant.sh"
mapfile -t names < <(all_mutants)
all=1
if [ $# -gt 0 ]; then
	all=0 names=("$@")
fi

# judge NAME: leaves a verdict, the seconds it took, and what was seen
judge() {
	local name=$1 t0=$EPOCHREALTIME file command log=$LOGS/$step-$1.log rc=0 verdict=
	local work=$out/$name.new
	file=$(field "$name" File)
	read -ra command <<<"$(field "$name" 'Killed by')"
	if ! mutate "$name" "$ENGINE/$file" "$work/$file" >"$log" 2>&1 ||
		! edited "$step/$name" plain "$file" <"$work/$file" >>"$log" 2>&1; then
		verdict='DOES NOT APPLY'
	# What is left over of the code that was taken out is no news.
	elif ! build "$step/$name" plain "${command[0]}" LIB="$out/$name/lib" DEFINES=-w \
		>"$log" 2>&1; then
		verdict='DOES NOT COMPILE'
	elif [ "${command[0]}" = directed ] &&
		! "$NATIVE/plain/directed" "${command[@]:1}" >"$log" 2>&1 </dev/null; then
		verdict='FAILS WITHOUT IT'
	else
		timeout "$limit" "$out/$name/${command[0]}" "${command[@]:1}" \
			>"$log" 2>&1 </dev/null || rc=$?
		case $rc in
		0 | 124) verdict=SURVIVES ;;
		*) verdict=killed ;;
		esac
	fi
	# One directory for each would be many megabytes.
	rm -rf "$work" "${out:?}/$name"
	verdict "$name" "$verdict" "$t0"
}

# point TEXT COMMAND...: a test of the tests
point() {
	local text=$1 log=$LOGS/$step-unmutated.log
	shift
	if "$@" >"$log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		say "$step: ok: $text"
	else
		failed=$((failed + 1))
		tail -n 20 "$log"
		say "$step: FAILED: $text"
	fi
}

# Each case is named by a mutant.
no_idle_case() {
	local idle
	idle=$(comm -23 <("$NATIVE/plain/directed" --list | sort) \
		<(sed -n 's|^// Killed by: directed ||p' "$here"/mutants/*.cocci |
			tr ' ' '\n' | sort -u))
	[ -z "$idle" ] || {
		echo "kills no mutant:" "$idle"
		return 1
	}
}

# Two CPUs are needed for some.
runs() {
	[ "$(nproc)" -gt 1 ] || [ "${1%% *}" != race ]
}

say "$step: building"
for program in directed race; do
	build plain plain "$program"
done
point "the directed cases pass without a mutant" "$NATIVE/plain/directed"
[ "$all" -eq 0 ] || point "each directed case has a mutant" no_idle_case

# What needs two CPUs has them for itself.
rm -rf "$out"
mkdir -p "$out"
directed=() races=()
check_headers "${names[@]}"
for name in "${names[@]}"; do
	killer=$(field "$name" 'Killed by')
	case $killer in
	directed\ *) directed+=("$name") ;;
	race\ *) races+=("$name") ;;
	*) die "mutants/$name.cocci: '$killer' is no command" ;;
	esac
done
# Without a mutant a race goes on until the end: a second of each.
mapfile -t kinds < <(for name in "${races[@]}"; do
	field "$name" 'Killed by'
done | cut -d ' ' -f 3 | sort -u)
for kind in "${kinds[@]}"; do
	! runs race || point "race 1 $kind, without a mutant" "$NATIVE/plain/race" 1 "$kind"
done

say "$step: ${#names[@]} mutants"
for name in "${directed[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do
		wait -n || true
	done
	judge "$name" &
done
wait
for name in "${races[@]}"; do
	if runs "$(field "$name" 'Killed by')"; then
		judge "$name"
	else
		verdict "$name" SKIP "$EPOCHREALTIME"
	fi
done

table "${names[@]}"
result "$step" "$passed" "$failed" "$skipped"
say "$step: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
