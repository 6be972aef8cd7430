#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kunit.sh uml|x86|s390 [debug]: build and run the KUnit tests, under lockdep and KASAN
# if told so.
#
#   SEED=N         repeats a random run
#   FILTER=GLOB    of KUnit's suites or SUITE.TEST, instead of all
#   OUT=DIR        where it is built (default: build/kunit-uml, ...)
#   STEP=NAME      of the result and the logs
#   TIMEOUT=N      seconds
set -eu
. "$(dirname "$0")/env.sh"

case ${2:-} in
'' | debug) debug=${2:+-debug} ;;
*) die "usage: kunit.sh uml|x86|s390 [debug]" ;;
esac
case ${1:-} in
uml)
	step=kunit name=kunit-uml
	# kunit.py's default of virtual PCI takes minutes to build, and WARNs at boot.
	set -- --kconfig_add=CONFIG_UML_PCI_OVER_VIRTIO=n \
		--kconfig_add=CONFIG_VIRTIO_UML=n
	;;
x86)
	step=kunit-x86 name=kunit-x86
	set -- --arch=x86_64 --kconfig_add=CONFIG_SMP=y --qemu_args='-smp 2'
	;;
s390)
	# With gmap's page tables as a backend. kunit.py's own -cpu is a minimal one.
	step=kunit-s390 name=kunit-s390
	CC=${CC/%gcc/s390x-linux-gnu-gcc}
	# It runs the first program of this name.
	s390_qemu
	case $QEMU in
	qemu-system-s390x) ;;
	*/qemu-system-s390x) PATH=$(realpath "${QEMU%/*}"):$PATH ;;
	*) die "QEMU=$QEMU is not called qemu-system-s390x" ;;
	esac
	set -- --arch=s390 --cross_compile=s390x-linux-gnu- \
		--qemu_args='-smp 2 -m 2G -cpu max' --kernel_args=hugepages=700
	for option in VIRTUALIZATION KVM KVM_DIRTYLOG SHMEM TMPFS HUGETLBFS MARCH_Z13 DEBUG_KERNEL \
		GMAP_DIRTYLOG_KUNIT_TEST DIRTYLOG_TCG_IPTE DEBUG_PGSTE; do
		set -- "$@" --kconfig_add="CONFIG_$option=y"
	done
	;;
*)
	die "usage: kunit.sh uml|x86|s390 [debug]"
	;;
esac
out_dir=${OUT:-$BUILD/$name$debug}
name=${STEP:-$name$debug} step=${STEP:-$step$debug}
timeout=900
if [ -n "$debug" ]; then
	timeout=1800
	# On s390 each store of a guest, and each fault, is thousands of instructions, and
	# a CPU may sleep through a SIGP: let it look at its work with each tick.
	[ "$1" != --arch=s390 ] || set -- "$@" --kernel_args=nohz=off \
		--kernel_args=dirtylog_kunit.frames=100 --kernel_args=dirtylog_kunit.ops=1000
	# KASAN does not go with SLUB_TINY.
	set -- "$@" --kconfig_add=CONFIG_DEBUG_KERNEL=y --kconfig_add=CONFIG_SLUB_TINY=n
	# shellcheck disable=SC2013
	for option in $(sed -n -E -e 's/^(CONFIG_[A-Z_]*=y)$/\1/p' \
		-e 's/^# (CONFIG_[A-Z0-9_]*) is not set$/\1=n/p' \
		"$TOP/tools/testing/dirtylog/rig/debug.config"); do
		set -- "$@" --kconfig_add="$option"
	done
fi
case ${SEED:-} in
*[!0-9a-fx]*) die "SEED=$SEED is no number" ;;
?*) set -- "$@" --kernel_args="dirtylog_kunit.seed=$SEED" ;;
esac
[ -z "${V:-}" ] || set -- "$@" --make_options=V="$V"
[ -f "$TREE/lib/dirtylog/.kunitconfig" ] || die "no lib/dirtylog in $TREE: 'make tree' first"

out=$LOGS/$name.out
raw=$LOGS/$name.log
rm -f "$RESULTS/$step" "$out" "$raw" "$out_dir/test.log"

say "$step: building and running, 1-5 min without ccache; log: $out"
rc=0
(cd "$TREE" && python3 tools/testing/kunit/kunit.py run --build_dir="$out_dir" \
	--kunitconfig=lib/dirtylog --jobs="$JOBS" --timeout="${TIMEOUT:-$timeout}" \
	--make_options=CC="$CC" --make_options=HOSTCC="$HOSTCC" "$@" \
	${FILTER:+"$FILTER"}) >"$out" 2>&1 || rc=$?
[ ! -f "$out_dir/test.log" ] || cp "$out_dir/test.log" "$raw"

# "Testing complete. Ran 12 tests: passed: 10, crashed: 1, skipped: 1"
totals=$(sed -n 's/.*Testing complete\. Ran \([0-9]* tests*.*\)/\1/p' "$out" | tail -n 1)
count() {
	echo "$totals" | sed -n "s/.*$1: \([0-9]*\).*/\1/p" | grep . || echo 0
}
passed=$(count passed)
skipped=$(count skipped)
failed=$(($(count failed) + $(count crashed) + $(count errors)))

if [ -z "$totals" ]; then
	grep -E 'error:|\*\*\*|undefined reference|ERROR' "$out" | head -n 20 >&2 || true
	result "$step" 0 1 0
	die "$step: nothing ran, see $out"
fi
if [ "$failed" -ne 0 ]; then
	grep -E -A 3 '# .*(EXPECTATION|ASSERTION) FAILED' "$out" | head -n 60
	grep -E '\[(FAILED|CRASHED|ERROR)\]' "$out" | head -n 40
fi
"$TOP/tools/testing/dirtylog/rig/splats.sh" "$raw" || failed=$((failed + 1))
if [ "$rc" -ne 0 ] && [ "$failed" -eq 0 ]; then
	echo "kunit.py ended with status $rc, see $out" >&2
	failed=1
fi
if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then
	echo "no test passed, see $out" >&2
	failed=1
fi
seeds=$(grep -hE '# .*seed' "$raw" |
	sed 's/^ *# */        /; s/dirtylog_kunit.seed=/SEED=/' | sort -u || true)
show=2
[ "$failed" -eq 0 ] || show=30
echo "$seeds" | awk -v n=$show '
	NR <= n
	END { if (NR > n) print "        and " NR - n " more seeds" }'
result "$step" "$passed" "$failed" "$skipped"
say "$step: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
