#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# demo.sh x86|s390: a guest is pre-copied by a VMM of ours on our kernel in QEMU;
# shows the rounds and draws build/demo.svg and build/demo.png (demo-s390.svg, ...).
#
#   SEED=N         repeat an earlier run
#   DEMO_ARGS=...  options of precopy, instead of a run with all modes and 4 KiB
#                  pages, and one with huge ones
#   TREE= OUT= FRAGMENTS= VANILLA=   as in kernel.sh
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"
. "$here/modes.sh"
case ${1:-} in
x86) mode=t cross='' step=demo pool=(hugepages=192) ;;
s390) mode=g cross=s390x-linux-gnu- step=demo-s390 pool=(hugepages=80 kvm.hpage=1) ;;
*) die "usage: demo.sh x86|s390" ;;
esac
export RIG_ARCH=$1
OUT=$(realpath -m "${OUT:-$BUILD/${VANILLA:+vanilla-}$RIG_ARCH}")
step=${VANILLA:+vanilla-}$step
timeout=${DEMO_TIMEOUT:-400}
runs=("${DEMO_ARGS:---mode all}")
[ "$RIG_ARCH" != s390 ] || s390_qemu
# The installed QEMU has no pages of 1M.
[ -n "${DEMO_ARGS:-}" ] || [ "${QEMU:-}" = qemu-system-s390x ] ||
	runs+=('--mode all --huge --rounds 6')
runs=("${runs[@]/%/${SEED:+ --seed $SEED}}")
vmm=$here/../vmm
work=$BUILD/$step-rig
data=$BUILD/$step.data

case ${runs[*]} in
*[!A-Za-z0-9_=.,\ -]*) die "DEMO_ARGS and SEED are options and numbers, not '${runs[*]}'" ;;
esac
command -v gnuplot >/dev/null || die "no gnuplot: install the package gnuplot-nox"
rm -f "$RESULTS/$step" "$data" "$LOGS/$step.out"

"$here/kernel.sh" "$RIG_ARCH" "$OUT"
[ -n "${VANILLA:-}" ] || grep -qx CONFIG_KVM_DIRTYLOG=y "$OUT/.config" ||
	die "the kernel in $OUT has no CONFIG_KVM_DIRTYLOG"

say "building the VMM"
mkdir -p "$work"
make -s -C "$vmm" ARCH="$RIG_ARCH" CROSS_COMPILE="$cross" O="$BUILD/vmm/$RIG_ARCH" \
	>"$LOGS/$step-vmm.log" 2>&1 || {
	cat "$LOGS/$step-vmm.log" >&2
	die "the VMM does not build"
}
printf "$timeout precopy %s\n" "${runs[@]}" >"$work/list"
cp "$here/selftests-run" "$work/run"
"$here/initrd.sh" "$work/initrd" "$work/run" "$work/list" "$BUILD/vmm/$RIG_ARCH/precopy"

read -ra parameters <<<"$(parameters "$mode")"
case ${runs[*]} in
*--huge*) parameters+=("${pool[@]}") ;;
esac

# show: the report for people, without the lines for programs
show() {
	local line quiet='' last=''
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		"=== DATA "*) quiet=y ;;
		"=== END ==="*) quiet= ;;
		"RIG-"*": "*) ;;
		*)
			[ -z "$quiet" ] && [ -n "$last$line" ] || continue
			printf '%s\n' "$line"
			last=$line
			;;
		esac
	done
}

say "booting, precopy ${runs[0]}${runs[1]:+; then ${runs[1]}}"
rc=0
"$here/qemu.sh" "$step" "$timeout" "$OUT/arch/$RIG_ARCH/boot/bzImage" "$work/initrd" \
	"${parameters[@]}" | show || rc=${PIPESTATUS[0]}

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

# The highest exit status of the runs; 2, as precopy has it, if one did not end.
worst=0 ended=0
while read -r status; do
	ended=$((ended + 1))
	[ "$status" -le "$worst" ] || worst=$status
done < <(tr -d '\r' <"$LOGS/$step.out" | sed -n 's/^RIG-DONE: [0-9]* \([0-9]*\) .*/\1/p')
if [ "$rc" -ne 0 ] || [ "$ended" -ne "${#runs[@]}" ]; then
	worst=2
fi

case $worst in
2) check "it did not run" false ;;
*)
	check "the copy is not equal (status $worst)" test "$worst" -eq 0
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
