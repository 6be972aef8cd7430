#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# defects.sh x86|s390: tests of ours on a vanilla kernel and on ours, both built from
# the same source and booted here, side by side. Ours has to pass every point;
# vanilla has to fail those that defects-ARCH.list names, or the tests prove nothing.
# On s390 a vanilla kernel has the rig's hooks, without which it runs no guests here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"
. "$here/modes.sh"
arch=${1:-}
case $arch in
x86) mode=t tree=--vanilla vanilla=$BUILD/vanilla-linux out=$BUILD/vanilla-x86 ;;
s390) mode=g tree=--rig vanilla=$BUILD/rig/linux out=$BUILD/rig/vanilla-s390 ;;
*) die "usage: defects.sh x86|s390" ;;
esac
step=defects-$arch
list=$here/$step.list
work=$BUILD/$step
rm -f "$RESULTS/$step"
mkdir -p "$work"

# points LOG: "TEST: POINT<tab>ok|not ok|not there", from what the guest printed.
# What a kernel has not got, tests skip: a point, or all of them.
points() {
	tr -d '\r' <"$1" | awk '
	/^RIG-TEST: / { test = $3; next }
	/^1\.\.0 # SKIP/ { print test "\tnot there"; next }
	/^(not )?ok [0-9]+ / {
		verdict = /^not/ ? "not ok" : /# SKIP/ ? "not there" : "ok"
		sub(/^(not )?ok [0-9]+ (# SKIP )?/, "")
		print test ": " $0 "\t" verdict
	}' | sort
}

# kernel SIDE: its points in $work/SIDE. What fails there is judged here.
kernel() {
	local log

	log=$LOGS/${VANILLA:+vanilla-}$step-$(label "$mode").out
	rm -f "$log"
	STEP=$step LIST=$list "$here/selftests.sh" "$arch" "$mode" \
		>"$LOGS/$step-$1.log" 2>&1 || true
	[ -s "$log" ] || {
		tail -n 20 "$LOGS/$step-$1.log" >&2
		die "the tests did not run on $1"
	}
	points "$log" >"$work/$1"
}

# expected MARK: what the list says of vanilla
expected() {
	sed -n "s/^#$1 //p" "$list" | sort
}

"$here/../tree.py" --build "$BUILD" "$tree" --dir "$vanilla"
say "$step: our tests on a vanilla kernel"
TREE=$vanilla VANILLA=1 OUT=$out kernel vanilla
say "$step: our tests on ours"
kernel ours

# A test that vanilla skips as a whole: its points are those on ours.
while IFS=$'\t' read -r test verdict; do
	[[ $test == *:* ]] ||
		sed -n "s/^\($test: .*\)\t.*/\1\t$verdict/p" "$work/ours"
done <"$work/vanilla" | sort - <(grep -P '^[^\t]*:' "$work/vanilla") >"$work/theirs"

expected '!' >"$work/fail"
expected '-' >"$work/skip"
passed=0 failed=0
printf '\n| %-70s | %-9s | %-7s |\n|%s|%s|%s|\n' "test, point" vanilla ours \
	"$(printf -- '-%.0s' {1..72})" ----------: --------:
while IFS=$'\t' read -r point on_vanilla on_ours; do
	want=ok
	if grep -qxF "$point" "$work/fail"; then
		want='not ok'
	elif grep -qxF -e "$point" -e "${point%%:*}" "$work/skip"; then
		want='not there'
	fi
	bad=
	[ "$on_vanilla" = "$want" ] || bad="on vanilla, $want is expected"
	[ "$on_ours" = ok ] || bad="${bad:+$bad; }ours must pass it"
	if [ -n "$bad" ]; then
		failed=$((failed + 1))
	else
		passed=$((passed + 1))
	fi
	if [ -n "$bad" ] || [ "$on_vanilla" != ok ]; then
		printf '| %-70s | %-9s | %-7s |%s\n' "$point" "$on_vanilla" "$on_ours" \
			"${bad:+ <- $bad}"
	fi
done < <(join -t $'\t' -a 1 -a 2 -e missing -o 0,1.2,2.2 "$work/theirs" "$work/ours")
while read -r point; do
	grep -qxF "$point" <(cut -f 1 "$work/vanilla") && continue
	echo "no such point: $point"
	failed=$((failed + 1))
done < <(cat "$work/fail" "$work/skip")
printf '\n%d points are ok on both\n' \
	"$(join -t $'\t' "$work/theirs" "$work/ours" | grep -cP '\tok\tok$')"
# What vanilla does to its kernel log is no matter.
if grep '^not ok [0-9]* boot, mode, end, kernel log' "$LOGS/$step-ours.log"; then
	failed=$((failed + 1))
fi
[ "$passed" -gt 0 ] || failed=$((failed + 1))
result "$step" "$passed" "$failed" 0
say "$step: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
