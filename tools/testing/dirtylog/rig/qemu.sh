#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# qemu.sh NAME SECONDS BZIMAGE INITRD [KERNEL PARAMETER...]
#
# Boots the kernel under TCG, writes to stdout, as it comes, what /rig/run of
# the initramfs prints, and exits with its exit status. Exits with 125, and says
# why, if the guest did not end in an orderly way within SECONDS, or if its
# kernel complained. Keeps build/logs/NAME.console (kernel) and NAME.out (run).
#
#   RIG_ARCH=ARCH  x86 or s390 (default: x86)
#   QEMU=PROGRAM   instead of qemu-system-x86_64 or qemu-system-s390x
#   RIG_MEM=SIZE   the guest's memory (default: 2G)
#   RIG_ICOUNT=1   one CPU, on which a nanosecond is an instruction
#   RIG_LOCK=FILE  wait until no other guest has it
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"

[ $# -ge 4 ] || die "usage: qemu.sh NAME SECONDS BZIMAGE INITRD [PARAMETER...]"
name=$1 seconds=$2 image=$3 initrd=$4
shift 4
console=$LOGS/$name.console
out=$LOGS/$name.out

case ${RIG_ARCH:-x86} in
x86)
	qemu=${QEMU:-qemu-system-x86_64} package=qemu-system-x86 tty=ttyS0,115200
	machine=(-serial "file:$console" -serial stdio)
	;;
s390)
	qemu=${QEMU:-qemu-system-s390x} package=qemu-system-misc tty=ttysclp0
	machine=(-M s390-ccw-virtio
		-chardev "file,id=console,path=$console" -device "sclpconsole,chardev=console"
		-chardev "stdio,id=run,signal=off" -device "sclplmconsole,chardev=run")
	;;
*) die "RIG_ARCH=$RIG_ARCH is neither x86 nor s390" ;;
esac
cpus=(-accel 'tcg,thread=multi' -smp 2)
[ -z "${RIG_ICOUNT:-}" ] ||
	cpus=(-accel 'tcg,thread=single' -icount 'shift=0,sleep=off' -smp 1)

# fail TEXT: the guest's own status never looks like this one
fail() {
	printf 'qemu.sh: %s: %s\n' "$name" "$*" >&2
	exit 125
}

command -v "$qemu" >/dev/null || fail "no $qemu: install the package $package"
[ -f "$image" ] || fail "no kernel $image: build it with kernel.sh"
[ -f "$initrd" ] || fail "no initramfs $initrd"
: >"$console"
: >"$out"

if [ -n "${RIG_LOCK:-}" ]; then
	exec 8>"$RIG_LOCK"
	flock 8
fi
# loglevel=8: WARN prints at a level that "quiet" hides.
rc=0
timeout --foreground -k 5 "$seconds" "$qemu" \
	"${cpus[@]}" -cpu max -m "${RIG_MEM:-2G}" \
	-display none -monitor none -no-reboot -nodefaults "${machine[@]}" \
	-kernel "$image" -initrd "$initrd" \
	-append "console=$tty panic=-1 loglevel=8 $*" \
	</dev/null 2>"$LOGS/$name.qemu" | tee "$out" || rc=${PIPESTATUS[0]}

"$here/splats.sh" "$console" >&2 || fail "the kernel complained, see $console"
case $rc in
0) ;;
124 | 137) fail "not finished after $seconds s, killed; see $out and $console" ;;
*)
	cat "$LOGS/$name.qemu" >&2
	fail "QEMU failed with status $rc"
	;;
esac
marker=$(tr -d '\r' <"$out" | grep -a '^RIG-EXIT: [0-9]* TAINT: [0-9]*$' | tail -n 1) || {
	tail -n 5 "$console" >&2
	fail "the guest died before its end, see $console"
}
read -r _ status _ taint <<<"$marker"

# Bits of Documentation/admin-guide/tainted-kernels.rst: bad page, died, warning, softlockup.
[ $((taint & (1 << 5 | 1 << 7 | 1 << 9 | 1 << 14))) -eq 0 ] ||
	fail "the kernel is tainted ($taint), see $console"
exit "$status"
