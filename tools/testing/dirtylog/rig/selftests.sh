#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# selftests.sh x86|s390 [MODES]: the kernel's own KVM selftests, unmodified and
# from the same source as the kernel, and ours, in QEMU; KTAP on stdout. Tests and
# their limits are in selftests-ARCH.list. MODES is some of the letters of modes.sh
# (default: all of the architecture).
#
#   TREE= OUT= FRAGMENTS= VANILLA=   as in kernel.sh
#   SLOWDOWN=N                       time limits times N, for a slow kernel
#   LIST=FILE                        other tests
#   STEP=NAME                        of logs and results, instead of selftests-ARCH
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"
. "$here/modes.sh"
case ${1:-} in
x86) modes=tsn cross='' ;;
s390) modes=gh cross=s390x-linux-gnu- ;;
*) die "usage: selftests.sh x86|s390 [MODES]" ;;
esac
export RIG_ARCH=$1
modes=${2:-$modes}
OUT=$(realpath -m "${OUT:-$BUILD/${VANILLA:+vanilla-}$RIG_ARCH}")
step=${VANILLA:+vanilla-}${STEP:-selftests-$RIG_ARCH}
list=${LIST:-$here/selftests-$RIG_ARCH.list}
work=$BUILD/$step

# The lines of the list that belong to a mode, without the first column.
tests_of() {
	sed -n -E "/^#/d; s/^[a-z]*$1[a-z]*[[:space:]]+//p" "$list" |
		sed -E 's@ (dirtylog|x86_64|s390x)/@ @'
}

# Headers, which would spoil O= builds, binaries and scratch files (TMPOUT) stay
# out of the source tree. Tests named dirtylog/TEST in the list are ours, the
# others KVM's own, some of them in a folder of the architecture.
build_tests() {
	local log=$LOGS/$step-build.log kvm ours
	mapfile -t kvm < <(sed '/^#/d' "$list" | awk '$3 !~ "^dirtylog/" { print $3 }' | sort -u)
	mapfile -t ours < <(sed '/^#/d' "$list" |
		awk 'sub("^dirtylog/", "", $3) { print $3 }' | sort -u)
	[ $((${#kvm[@]} + ${#ours[@]})) -gt 0 ] || die "no tests in $list"

	say "building ${#kvm[@]} KVM selftests and ${#ours[@]} of ours in $work"
	mkdir -p "$work"
	{
		kmake -s O="$OUT" ARCH="$RIG_ARCH" headers_install INSTALL_HDR_PATH="$work/uapi" &&
			selftests kvm USERLDFLAGS=-static "${kvm[@]/#/$work/}" &&
			selftests dirtylog LDFLAGS=-static "${ours[@]/#/$work/}"
	} >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		die "the selftests do not build, see $log"
	}
	binaries=("${kvm[@]/#/$work/}" "${ours[@]/#/$work/}")
}

# selftests DIRECTORY VARIABLE TARGET...
selftests() {
	local tree=$TREE
	[ $# -gt 2 ] || return 0
	# A vanilla kernel has not got ours.
	[ "$1" != dirtylog ] || tree=$BUILD/linux
	${RIG_LOCK:+nice -n 10} make -s -C "$tree/tools/testing/selftests/$1" -j"$JOBS" \
		ARCH="$RIG_ARCH" CROSS_COMPILE="$cross" CC="${CC/%gcc/${cross}gcc}" \
		OUTPUT="$work" TMPOUT="$work/tmp" \
		KHDR_INCLUDES="-isystem $work/uapi/include" "${@:2}"
}

passed=0 failed=0 skipped=0 number=0

# point ok|not TEXT [DIRECTIVE]
point() {
	number=$((number + 1))
	case $1-${3:-} in
	ok-SKIP*) skipped=$((skipped + 1)) ;;
	ok-*) passed=$((passed + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
	echo "${1/#not/not ok} $number $2${3:+ # $3}"
}

# diagnose: what failed within a test, and the last lines of its output
diagnose() {
	printf '%s\n' "${output[@]}" | awk '
		{ line[NR] = $0; shown[NR] = NR > n - 12 }
		/^RIG-LOOK: / { shown[NR] = 1 }
		/^not ok/ { for (i = NR - 4; i <= NR; i++) shown[i] = 1 }
		END { for (i = 1; i <= NR; i++) if (shown[i]) print "# " line[i] }
		' n="${#output[@]}"
}

# judge RC HUNDREDTHS: one test has ended
judge() {
	local rc=$1 time seconds=${limits[done_]} text="${commands[done_]} [$label]" why
	time=$(printf '%d.%02d s' $(($2 / 100)) $(($2 % 100)))

	# The tests say so in two ways; the second one exits with 0.
	why=$(printf '%s\n' "${output[@]}" |
		sed -n -E 's/^.*# SKIP[ -]*//p; s/^(.*), skipping test$/\1/p' | head -n 1)
	if [ "$mode_ok" = no ]; then
		point not "$text" "the mode is not in force"
	elif [ "$rc" -eq 4 ] || { [ "$rc" -eq 0 ] && [ -n "$why" ]; }; then
		point ok "$text" "SKIP ${why:-exit code 4, and no reason given}"
	elif [ "$rc" -eq 0 ]; then
		point ok "$text" "$time"
		# dirty_log_test: only "track_next" pages can show a loss
		printf '%s\n' "${output[@]}" | sed -n 's/^Total bits checked/# &/p'
	elif [ "$rc" -eq 137 ] && [ "$2" -ge $((seconds * 100)) ]; then
		point not "$text" "TIMEOUT after $seconds s"
		diagnose
	elif [ "$rc" -gt 128 ] && [ "$rc" -le 192 ]; then
		point not "$text" "killed by signal $((rc - 128)) after $time"
		diagnose
	else
		point not "$text" "exit code $rc after $time"
		diagnose
	fi
}

run_mode() {
	local mode=$1 label mode_ok=no mode_seen='nothing reported'
	local done_=0 started=0 rc=0 total=0 sum=60 pid
	local limits=() commands=() output=() parameters=() mem=2G
	local line seconds command hundredths

	label=$(label "$mode")
	while read -r seconds command; do
		seconds=$((seconds * ${SLOWDOWN:-1}))
		limits+=("$seconds") commands+=("$command")
		sum=$((sum + seconds))
	done < <(tests_of "$mode")
	total=${#commands[@]}
	mkdir -p "$work/$mode"
	tests_of "$mode" | awk -v slow="${SLOWDOWN:-1}" '{ $1 *= slow; print }' >"$work/$mode/list"
	cp "$here/selftests-run" "$work/$mode/run"
	"$here/initrd.sh" "$work/$mode/initrd" "$work/$mode/run" "$work/$mode/list" "${binaries[@]}"

	read -ra parameters <<<"$(parameters "$mode")"
	case $mode in
	# Pages for dirty_log_page_splitting_test, for tests of pages of 1G, and of large
	# segments.
	t) parameters+=(hugepages=80 hugepagesz=1G hugepages=1) mem=5G ;;
	s) parameters+=(hugepagesz=1G hugepages=1) mem=5G ;;
	g) parameters+=(hugepages=16 kvm.hpage=1) ;;
	h) parameters+=(hugepages=300 kvm.hpage=1) ;;
	esac
	exec 3< <(RIG_MEM=$mem "$here/qemu.sh" "$step-$label" "$sum" "$image" "$work/$mode/initrd" \
		"${parameters[@]}" 2>"$work/$mode/stderr")
	pid=$!
	while IFS= read -r line <&3; do
		line=${line%$'\r'}
		case $line in
		"RIG-MODE: "*)
			mode_seen=${line#RIG-MODE: }
			[ "$mode_seen" != "$(in_force "$mode")" ] || mode_ok=yes
			;;
		"RIG-TEST: $((done_ + 1)) "*)
			started=$((done_ + 1))
			output=()
			;;
		"RIG-DONE: $started "*)
			read -r _ _ rc hundredths <<<"$line"
			judge "$rc" "$hundredths"
			done_=$started
			;;
		*) [ -z "$line" ] || output+=("$line") ;;
		esac
	done
	exec 3<&-
	rc=0
	wait "$pid" || rc=$?

	if [ "$done_" -lt "$total" ] && [ "$started" -gt "$done_" ]; then
		point not "${commands[done_]} [$label]" "the machine ended in the middle of it"
		diagnose
		done_=$started
	fi
	for (( ; done_ < total; done_++)); do
		point not "${commands[done_]} [$label]" "did not run"
	done
	local text="boot, mode, end, kernel log [$label]"
	if [ "$mode_ok" = no ]; then
		point not "$text" "the mode is not in force: $mode_seen"
	elif [ "$rc" -ne 0 ]; then
		point not "$text" "status $rc"
	else
		point ok "$text"
	fi
	sed 's/^/# /' "$work/$mode/stderr"
}

[ -f "$list" ] || die "no list of tests $list"
plan=0
for ((i = 0; i < ${#modes}; i++)); do
	label "${modes:i:1}" >/dev/null
	expected=$(tests_of "${modes:i:1}" | wc -l)
	[ "$expected" -gt 0 ] || die "$list has no test for mode ${modes:i:1}"
	plan=$((plan + expected + 1))
done

[ "$RIG_ARCH" != s390 ] || s390_qemu
"$here/kernel.sh" "$RIG_ARCH" "$OUT"
image=$OUT/arch/$RIG_ARCH/boot/bzImage
if [ -z "${VANILLA:-}" ]; then
	grep -qx CONFIG_KVM_DIRTYLOG=y "$OUT/.config" ||
		die "the kernel in $OUT has no CONFIG_KVM_DIRTYLOG"
elif grep -q '^CONFIG_KVM_DIRTYLOG=' "$OUT/.config"; then
	die "the kernel in $OUT is not a vanilla one"
fi
binaries=()
build_tests

rm -f "$RESULTS/$step"
say "running $plan tests in ${#modes} boots, a few minutes"
echo "KTAP version 1"
echo "1..$plan"
for ((i = 0; i < ${#modes}; i++)); do
	run_mode "${modes:i:1}"
done

if [ "$number" -ne "$plan" ]; then
	echo "# $number of $plan tests reported"
	failed=$((failed + 1))
fi
result "$step" "$passed" "$failed" "$skipped"
echo "# Totals: pass:$passed fail:$failed xfail:0 xpass:0 skip:$skipped error:0"
say "$step: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
