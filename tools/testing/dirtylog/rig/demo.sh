#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# demo.sh: a guest is pre-copied by a VMM of ours on our kernel in QEMU; shows
# the rounds and draws build/demo.svg and build/demo.png.
#
#   SEED=N         repeat an earlier run
#   DEMO_ARGS=...  options of precopy, instead of two runs: all modes with 4 KiB
#                  pages, all modes with huge ones
#   TREE= OUT= FRAGMENTS= VANILLA=   as in kernel.sh
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"
OUT=$(realpath -m "${OUT:-$BUILD/${VANILLA:+vanilla-}x86}")
step=${VANILLA:+vanilla-}demo
args="${DEMO_ARGS:---mode all}${SEED:+ --seed $SEED}"
huge=
[ -n "${DEMO_ARGS:-}" ] || huge="--mode all --huge --rounds 6${SEED:+ --seed $SEED}"
vmm=$here/../vmm
work=$BUILD/$step-rig
data=$BUILD/$step.data

case $args in
*[!A-Za-z0-9_=.,\ -]*) die "DEMO_ARGS and SEED are options and numbers, not '$args'" ;;
esac
command -v gnuplot >/dev/null || die "no gnuplot: install the package gnuplot-nox"
command -v "${QEMU:-qemu-system-x86_64}" >/dev/null ||
	die "no qemu-system-x86_64: install the package qemu-system-x86"
rm -f "$RESULTS/$step" "$data" "$LOGS/$step.out"

"$here/kernel.sh" x86 "$OUT"
[ -n "${VANILLA:-}" ] || grep -qx CONFIG_KVM_DIRTYLOG=y "$OUT/.config" ||
	die "the kernel in $OUT has no CONFIG_KVM_DIRTYLOG"

say "building the VMM"
mkdir -p "$work"
make -s -C "$vmm" O="$BUILD/vmm" >"$LOGS/$step-vmm.log" 2>&1 || {
	cat "$LOGS/$step-vmm.log" >&2
	die "the VMM does not build"
}
{
	echo '#!/bin/sh'
	case "$args $huge" in
	# Boot-time reservation is not needed this early after boot.
	*--huge*) echo 'echo 192 >/proc/sys/vm/nr_hugepages' ;;
	esac
	echo "/rig/precopy $args || exit"
	[ -z "$huge" ] || echo "exec /rig/precopy $huge"
} >"$work/run"
"$here/initrd.sh" "$work/initrd" "$work/run" "$BUILD/vmm/precopy"

# show: the report for people, without the lines for programs
show() {
	local line quiet=
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		"=== DATA "*) quiet=y ;;
		"=== END ==="*) quiet= ;;
		"RIG-EXIT: "*) ;;
		*) [ -n "$quiet" ] || printf '%s\n' "$line" ;;
		esac
	done
}

say "booting, precopy $args${huge:+; then $huge}"
rc=0
"$here/qemu.sh" "$step" "${DEMO_TIMEOUT:-400}" "$OUT/arch/x86/boot/bzImage" "$work/initrd" |
	show || rc=${PIPESTATUS[0]}

passed=0 failed=0
# check TEXT COMMAND...
check() {
	local text=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		say "failed: $text"
	fi
}

extract() {
	tr -d '\r' <"$LOGS/$step.out" |
		awk '/^=== DATA / { on = !n++; next } /^=== END/ { on = 0 } on' >"$data"
	[ -s "$data" ]
}

plot() {
	(cd "$BUILD" && gnuplot -e "data='$data'; out='$BUILD/$step'" "$vmm/plot.gp") \
		>"$LOGS/$step-plot.log" 2>&1 || {
		cat "$LOGS/$step-plot.log" >&2
		return 1
	}
	[ -s "$BUILD/$step.svg" ] && [ -s "$BUILD/$step.png" ]
}

case $rc in
2 | 125) check "it did not run" false ;;
*)
	check "the copy is not equal (status $rc)" test "$rc" -eq 0
	check "no data for the plot in $LOGS/$step.out" extract
	if [ -s "$data" ]; then
		check "no plot" plot
	fi
	;;
esac
result "$step" "$passed" "$failed" 0
[ "$failed" -eq 0 ] || die "the demo failed; logs: $LOGS/$step.out $LOGS/$step.console"
say "times are those of an emulator, and say nothing about hardware"
say "plot: $BUILD/$step.svg and $BUILD/$step.png"
say "demo: the copy is equal"
