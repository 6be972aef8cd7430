#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench-kvm.sh [MODES]: instructions per KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG of
# a 64 MB slot, on a vanilla kernel and on ours, as a Markdown table. Each cell with
# a target is a test; one that is known to miss it counts as skipped. Counts path
# length only: no cache or TLB miss, no VM exit, no IPI costs anything. MODES is some of
# the letters t, s, n (default: tsn).
#
#   FRAGMENTS=...  as in kernel.sh, for both kernels
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"
. "$here/modes.sh"
step="bench-kvm"
modes=${1:-tsn}
work=$BUILD/$step
bench=tools/testing/dirtylog/bench
vanilla=$BUILD/vanilla-linux
rm -rf "${RESULTS:?}/$step" "$work"/*.out
mkdir -p "$work"

case $modes in
'' | *[!tsn]*) die "no modes '$modes' (t, s, n)" ;;
esac

"$here/../tree.py" --build "$BUILD" --vanilla --dir "$vanilla"
"$here/kernel.sh" x86 "$BUILD/x86"
TREE=$vanilla VANILLA=1 "$here/kernel.sh" x86 "$BUILD/vanilla-x86"

# The numbers compare two ways of logging, not two configurations.
others=$(diff <(grep ^CONFIG_ "$BUILD/vanilla-x86/.config" | sort) \
	<(grep ^CONFIG_ "$BUILD/x86/.config" | sort) |
	sed -n 's/^[<>] //p' | grep -v DIRTYLOG) || true
[ -z "$others" ] || die "the kernels' configurations differ:" "$others"

# Both kernels run the same binaries, the vanilla tree's perf test.
say "building the guest's programs"
{
	rm -rf "$work/uapi" &&
		make -C "$vanilla" -s O="$BUILD/vanilla-x86" ARCH=x86 CC="$CC" \
			headers_install INSTALL_HDR_PATH="$work/uapi" &&
		make -s -C "$vanilla/tools/testing/selftests/kvm" -j"$JOBS" CC="$CC" ARCH=x86 \
			OUTPUT="$work" TMPOUT="$work/tmp" USERLDFLAGS=-static \
			KHDR_INCLUDES="-isystem $work/uapi/include" "$work/dirty_log_perf_test" &&
		make -s -C "$TREE/$bench" O="$work"
} >"$LOGS/$step-build.log" 2>&1 || {
	tail -n 20 "$LOGS/$step-build.log" >&2
	die "the guest's programs do not build, see $LOGS/$step-build.log"
}
cp "$here/../bench/run-cost" "$work/run"
"$here/initrd.sh" "$work/initrd" "$work/run" "$work/log-cost" "$work/dirty_log_perf_test"

# A run that fails has no cells, which is counted below.
boot() {
	local kernel=$1 mode=$2 image=$3 parameters

	say "$kernel kernel, $(in_force "$mode")"
	read -ra parameters <<<"$(parameters "$mode")"
	RIG_ICOUNT=1 "$here/qemu.sh" "$step-$kernel-$mode" 400 "$image" "$work/initrd" \
		"${parameters[@]}" >"$work/out" || {
		say "failed, status $?: $(tail -n 4 "$work/out" | tr '\r\n' '  ')"
		return 0
	}
	grep -qx "RIG-MODE: $(in_force "$mode")" <(tr -d '\r' <"$work/out") || {
		say "the mode is not in force"
		return 0
	}
	mv "$work/out" "$work/$kernel-$mode.out"
}

for ((i = 0; i < ${#modes}; i++)); do
	boot vanilla "${modes:i:1}" "$BUILD/vanilla-x86/arch/x86/boot/bzImage"
	boot ours "${modes:i:1}" "$BUILD/x86/arch/x86/boot/bzImage"
done

"$here/../bench/table.py" "$work" "$modes" >"$work/table"
read -r passed failed missed < <(tail -n 1 "$work/table")
sed '$d' "$work/table" | tee "$BUILD/$step.md"
result "$step" "$passed" "$failed" "$missed"
say "$step: $passed passed, $failed failed, $missed skipped; the table is in $BUILD/$step.md"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
