#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutants.sh x86|s390 [NAME...]: bugs put into KVM's part of the dirty log and into a
# backend, one at a time, are found by tests in QEMU. "both" does all of the two
# architectures, builds of one beside the other's guest. Each file of ../mutants/ARCH is a
# semantic patch for one source file; its header says what it breaks, and which test
# notices:
#
#   selftest MODE TEST ARGUMENTS...   of ours or of KVM's, in a mode of modes.sh
#   kunit FILTER                      on s390
#
# A mutant is killed by a test that passes without it and fails with it; where several
# are named, by each. The mutated object replaces one of a copy of the kernel that was built anyway.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"
arch=${1:-}
case $arch in
x86 | s390) shift ;;
both)
	export RIG_LOCK=$BUILD/rig.lock
	# A group of its own, which can be ended as a whole.
	set -m
	"$here/mutants.sh" x86 >"$LOGS/mutants-x86.out" 2>&1 &
	x86=$!
	set +m
	trap 'kill -- "-$x86" 2>/dev/null || true' EXIT
	rc=0
	"$here/mutants.sh" s390 || rc=$?
	wait "$x86" || rc=$?
	trap - EXIT
	cat "$LOGS/mutants-x86.out"
	exit "$rc"
	;;
*) die "usage: mutants.sh x86|s390 [NAME...] | both" ;;
esac
step=mutants-$arch
work=$BUILD/$step
# shellcheck disable=SC2034
mutants=$here/../mutants/$arch verdicts=$work/verdicts
. "$here/../mutant.sh"
passed=0 failed=0 skipped=0
rm -f "$RESULTS/$step"
# Seconds until KUnit that hangs has noticed. Where guests wait for each other, that
# begins with the guest.
kunit_limit=150

if [ $# -gt 0 ]; then
	names=("$@")
else
	mapfile -t names < <(all_mutants)
fi
check_headers "${names[@]}"

# limit MODE TEST ARGUMENTS...: of a selftest, as in the list
limit() {
	awk -v mode="$1" -v test="${*:2}" '
		$1 ~ mode && $1 !~ /^#/ && index($0 " ", " " test " ") { print $2; exit }
		' "$here/selftests-$arch.list" | grep . || die "'${*:2}' is not in the list"
}

# killer COMMAND...: 0 if the test passes, 1 if it fails, 2 if nothing can be said: it
# did not run, or not to its end
killer() {
	local log=$work/killer.log rc=0 totals limit
	case $1 in
	selftest)
		limit=$(limit "${@:2}")
		echo "$2 $limit ${*:3}" >"$work/list"
		STEP=$step-run OUT=$work/selftest LIST=$work/list \
			"$here/selftests.sh" "$arch" "$2" >"$log" 2>&1 </dev/null || rc=$?
		cat "$log"
		[ "$rc" -ne 0 ] || { grep -q '^ok 1 ' "$log" && ! grep -q '# SKIP' "$log"; } ||
			return 2
		[ "$rc" -eq 0 ] || grep -q '^not ok 1 .* # exit code' "$log" || return 2
		;;
	kunit)
		# A kernel that hangs would outlive kunit.py.
		rm -f "$work/began"
		STEP=$step-run OUT=$work/kunit FILTER=$2 QEMU=${kunit_qemu:-${QEMU:-}} \
			TIMEOUT=$kunit_timeout \
			setsid --wait "$here/../kunit.sh" "$arch" >"$log" 2>&1 </dev/null || rc=$?
		cat "$log"
		pkill -KILL -f "qemu-system-.*$work/kunit/" || true
		totals=$(grep -c "^.*: [0-9]* passed, [0-9]* failed, 0 skipped$" "$log")
		[ "$totals" -eq 1 ] || return 2
		[ -z "$kunit_qemu" ] || [ -e "$work/began" ] || return 2
		;;
	esac
	rm -f "$RESULTS/$step-run"
	[ "$rc" -eq 0 ] || return 1
}

# object NAME: where kbuild has what the mutant's file is compiled to, below a kernel
object() {
	local file
	file=$(field "$1" File)
	case $file in
	virt/kvm/*) file=arch/$arch/kvm/../../../$file ;;
	esac
	echo "${file%.c}.o"
}

# compile KERNEL OBJECT SOURCE FROM: as kbuild did, SOURCE instead of FROM
compile() {
	local cmd
	cmd=$(sed -n 's/^savedcmd_[^ ]* := //p' "$1/${2%/*}/.${2##*/}.cmd" |
		sed -E -e "s# [^ ]*/${3##*/}( |\$)# -w -iquote ${4%/*} $3 #" \
			-e 's/\$\(pound\)/#/g; s/\$\$/$/g')
	[[ $cmd == *" $3 "* ]] || {
		echo "no command for $2"
		return 1
	}
	(cd "$1" && eval "${RIG_LOCK:+nice -n 10 }$cmd")
}

# killers KIND: all that are named, a line each
killers() {
	local name
	for name in "${names[@]}"; do
		field "$name" 'Killed by'
	done | sort -u | sed -n "/^$1/p"
}

# survives NAME FILE COMMAND...: prints why the mutant is not killed, or nothing
survives() {
	local name=$1 file=$2 log=$LOGS/$step-$1.log rc=0 object kernel=$work/$3
	shift 2
	object=$(object "$name")
	if ! cp -p "$kernel/$object" "$work/good.o" ||
		! compile "$kernel" "$object" "$work/$name/$file" "$TREE/$file" >>"$log" 2>&1; then
		echo 'DOES NOT COMPILE'
	else
		killer "$@" >"$log" 2>&1 || rc=$?
		case $rc in
		0) echo SURVIVES ;;
		1) ;;
		*) echo 'NOTHING RAN' ;;
		esac
	fi
	# Newer than what was linked with the mutant.
	[ ! -f "$work/good.o" ] || cp "$work/good.o" "$kernel/$object"
	rm -f "$work/good.o"
}

judge() {
	local name=$1 t0=$EPOCHREALTIME log=$LOGS/$step-$1.log verdict='' file line command
	file=$(field "$name" File)
	if ! mutate "$name" "$TREE/$file" "$work/$name/$file" >"$log" 2>&1; then
		verdict='DOES NOT APPLY'
	else
		while [ -z "$verdict" ] && read -r -u 3 line; do
			read -ra command <<<"$line"
			verdict=$(survives "$name" "$file" "${command[@]}")
		done 3< <(field "$name" 'Killed by')
	fi
	rm -rf "${work:?}/$name"
	verdict "$name" "${verdict:-killed}" "$t0"
	say "$step: $name: ${verdict:-killed}"
}

# without PASSED OF LOG: how many tests pass without a mutant
without() {
	passed=$((passed + $1))
	[ "$1" -eq "$2" ] && return
	failed=$((failed + $2 - $1))
	tail -n 40 "$3"
	say "$step: FAILED without a mutant: $(($2 - $1)) of $2 tests, see $3"
}

# Each test once without a mutant: selftests in a boot for each mode.
mapfile -t selftests < <(killers selftest)
mapfile -t kunit < <(killers kunit)
[ $((${#selftests[@]} + ${#kunit[@]})) -eq "$(killers '' | wc -l)" ] ||
	die "there are other killers than selftest and kunit"
[ "$arch" = s390 ] || [ ${#kunit[@]} -eq 0 ] || die "no killer is a kunit on $arch"
rm -rf "$work"
mkdir -p "$verdicts"
say "$step: tests without a mutant"
if [ ${#selftests[@]} -gt 0 ]; then
	[ ! -d "$BUILD/$arch" ] || cp -a "$BUILD/$arch" "$work/selftest"
	for killer in "${selftests[@]}"; do
		read -ra command <<<"$killer"
		limit=$(limit "${command[@]:1}")
		echo "${command[1]} $limit ${command[*]:2}" >>"$work/list"
	done
	log=$LOGS/$step-selftests.log
	STEP=$step-run OUT=$work/selftest LIST=$work/list "$here/selftests.sh" "$arch" \
		"$(cut -d ' ' -f 1 "$work/list" | sort -u | tr -d '\n')" \
		>"$log" 2>&1 </dev/null || true
	without "$(grep -c '^ok [0-9]* .* # [0-9.]* s$' "$log")" ${#selftests[@]} "$log"
fi
kunit_qemu='' kunit_timeout=$kunit_limit
if [ ${#kunit[@]} -gt 0 ]; then
	if [ -n "${RIG_LOCK:-}" ]; then
		s390_qemu
		kunit_qemu=$work/bin/qemu-system-s390x kunit_timeout=$((kunit_limit + 900))
		mkdir "$work/bin"
		cat >"$kunit_qemu" <<-END
			#!/bin/sh
			exec 8>"$RIG_LOCK"
			flock 8
			: >"$work/began"
			exec timeout -k 5 $kunit_limit "$(command -v "$QEMU")" "\$@"
		END
		printf '#!/bin/sh\nexec nice -n 10 "%s" "$@"\n' "$(command -v make)" \
			>"$work/bin/make"
		chmod +x "$work/bin"/*
	fi
	[ ! -d "$BUILD/kunit-$arch" ] || cp -a "$BUILD/kunit-$arch" "$work/kunit"
	for killer in "${kunit[@]}"; do
		read -ra command <<<"$killer"
		log=$LOGS/$step-kunit.log rc=0
		killer "${command[@]}" >"$log" 2>&1 || rc=1
		without $((1 - rc)) 1 "$log"
	done
fi

say "$step: ${#names[@]} mutants, half a minute each"
for name in "${names[@]}"; do
	judge "$name"
done
table "${names[@]}"
rm -rf "$work"
result "$step" "$passed" "$failed" "$skipped"
say "$step: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
