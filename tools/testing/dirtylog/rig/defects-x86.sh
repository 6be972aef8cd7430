#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# defects-x86.sh: tests of ours on a vanilla kernel and on ours, both built from
# the same source and booted here, side by side. Ours has to pass every point;
# vanilla has to fail those that defects-x86.list names, or the tests prove nothing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"
rm -f "$RESULTS/defects-x86"
list=$here/defects-x86.list
vanilla=$BUILD/vanilla-linux
work=$BUILD/defects-x86
mkdir -p "$work"

# points LOG: "TEST: POINT<tab>ok|not ok", from what the guest printed
points() {
	tr -d '\r' <"$1" | awk '
	/^RIG-TEST: / { test = $3; next }
	/^(not )?ok [0-9]+ / {
		verdict = /^not/ ? "not ok" : /# SKIP/ ? "skipped" : "ok"
		sub(/^(not )?ok [0-9]+ /, "")
		sub(/ # SKIP.*/, "")
		print test ": " $0 "\t" verdict
	}' | sort
}

# kernel SIDE: its points in $work/SIDE. What fails there is judged here.
kernel() {
	local log=$LOGS/${VANILLA:+vanilla-}defects-x86-npt=1.out

	rm -f "$log"
	STEP=defects-x86 LIST=$list "$here/selftests.sh" x86 t \
		>"$LOGS/defects-x86-$1.log" 2>&1 || true
	[ -s "$log" ] || {
		tail -n 20 "$LOGS/defects-x86-$1.log" >&2
		die "the tests did not run on $1"
	}
	points "$log" >"$work/$1"
}

"$here/../tree.py" --build "$BUILD" --vanilla --dir "$vanilla"
say "defects-x86: our tests on a vanilla kernel"
TREE=$vanilla VANILLA=1 OUT=$BUILD/vanilla-x86 kernel vanilla
say "defects-x86: our tests on ours"
kernel ours

sed -n 's/^#! //p' "$list" | sort >"$work/expected"
passed=0 failed=0
printf '\n| %-52s | %-7s | %-7s |\n|%s|%s|%s|\n' "test, point" vanilla ours \
	"$(printf -- '-%.0s' {1..54})" ---------: ------:
while IFS=$'\t' read -r point on_vanilla on_ours; do
	bad=
	if grep -qxF "$point" "$work/expected"; then
		[ "$on_vanilla" = 'not ok' ] || bad='vanilla must fail it'
	else
		[ "$on_vanilla" = ok ] || bad='vanilla must pass it'
	fi
	[ "$on_ours" = ok ] || bad="${bad:+$bad, }ours must pass it"
	if [ -n "$bad" ]; then
		failed=$((failed + 1))
	else
		passed=$((passed + 1))
	fi
	if [ -n "$bad" ] || [ "$on_vanilla" != ok ]; then
		printf '| %-52s | %-7s | %-7s |%s\n' "$point" "$on_vanilla" "$on_ours" \
			"${bad:+ <- $bad}"
	fi
done < <(join -t $'\t' -a 1 -a 2 -e missing -o 0,1.2,2.2 "$work/vanilla" "$work/ours")
while read -r point; do
	cut -f 1 "$work/vanilla" | grep -qxF "$point" && continue
	echo "no such point: $point"
	failed=$((failed + 1))
done <"$work/expected"
printf '\n%d points are ok on both\n' \
	"$(join -t $'\t' "$work/vanilla" "$work/ours" | grep -cP '\tok\tok$')"
[ "$passed" -gt 0 ] || failed=$((failed + 1))
result defects-x86 "$passed" "$failed" 0
say "defects-x86: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
