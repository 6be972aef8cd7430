#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench-s390.sh: pages that are reported, flushes and instructions, when a guest on
# huge pages stores to one 4K page in each: on 6.12, which has the rig's hooks to run
# guests at all, and on ours, with whole segments and with split ones. As a Markdown
# table. Counts path length only: what a flush costs is not in it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"
. "$here/modes.sh"
export RIG_ARCH=s390
step=bench-s390
work=$BUILD/$step
vanilla=$BUILD/rig/linux
rm -rf "${RESULTS:?}/$step" "$work"/*.out
mkdir -p "$work"

s390_qemu
[ "${QEMU:-}" != qemu-system-s390x ] || die "the installed QEMU has no pages of 1M"
"$here/../tree.py" --build "$BUILD" --rig --dir "$vanilla"
"$here/kernel.sh" s390 "$BUILD/s390"
TREE=$vanilla VANILLA=1 "$here/kernel.sh" s390 "$BUILD/rig/vanilla-s390"

say "building the guest's program"
make -s -C "$TREE/tools/testing/dirtylog/bench" O="$work" ARCH=s390 \
	CC="${CC/%gcc/s390x-linux-gnu-gcc}" >"$LOGS/$step-build.log" 2>&1 || {
	tail -n 20 "$LOGS/$step-build.log" >&2
	die "the guest's program does not build, see $LOGS/$step-build.log"
}
echo "400 split-cost" >"$work/list"
cp "$here/selftests-run" "$work/run"
"$here/initrd.sh" "$work/initrd" "$work/run" "$work/list" "$work/split-cost"

# boot NAME IMAGE PARAMETER...: a run that fails has no rounds, which is counted below
boot() {
	local name=$1 image=$2 parameters

	shift 2
	say "$name"
	read -ra parameters <<<"$(parameters g)"
	RIG_ICOUNT=1 "$here/qemu.sh" "$step-$name" 400 "$image" "$work/initrd" \
		"${parameters[@]}" hugepages=80 kvm.hpage=1 "$@" >"$work/out" ||
		say "failed, status $?: $(tail -n 4 "$work/out" | tr '\r\n' '  ')"
	mv "$work/out" "$work/$name.out"
}

boot vanilla "$BUILD/rig/vanilla-s390/arch/s390/boot/bzImage"
boot whole "$BUILD/s390/arch/s390/boot/bzImage" gmap_split.policy=0
boot ours "$BUILD/s390/arch/s390/boot/bzImage" gmap_split.policy=1

"$here/../bench/split-table.py" "$work" >"$work/table"
read -r passed failed < <(tail -n 1 "$work/table")
sed '$d' "$work/table" | tee "$BUILD/$step.md"
result "$step" "$passed" "$failed" 0
say "$step: $passed passed, $failed failed, 0 skipped; the table is in $BUILD/$step.md"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
