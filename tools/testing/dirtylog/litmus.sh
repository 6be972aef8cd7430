#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# litmus.sh: the litmus tests in Documentation/litmus-tests/dirtylog. What they say of
# themselves is checked always, and each verdict where herd7 is in the PATH.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/env.sh"
rm -f "$RESULTS/litmus"
tests=$TOP/Documentation/litmus-tests/dirtylog
model=$TREE/tools/memory-model
log=$LOGS/litmus
step=litmus
passed=0 failed=0 skipped=0
. "$here/complaints.sh"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
rm -rf "$log"
mkdir -p "$log"

# A check prints what is wrong in a directory of tests: nothing if all is well.

names() {
	(cd "$1" && ls -- *.litmus)
}

# result_of FILE
result_of() {
	sed -n 's/^ \* Result: //p' "$1"
}

# The name says what the file and its result are.
check_names() {
	local f expect
	while read -r f; do
		case $f in
		*+sound.litmus) expect=Never ;;
		*+broken.litmus | *+tolerated.litmus) expect=Sometimes ;;
		*) expect='(a name that says so)' ;;
		esac
		[ "$(result_of "$1/$f")" = "$expect" ] || echo "$f: its result should be $expect"
		[ "$(head -n 1 "$1/$f")" = "C ${f%.litmus}" ] || echo "$f: has another name inside"
		grep -q '^exists (' "$1/$f" || echo "$f: no 'exists'"
	done < <(names "$1")
}

# What FILE models, a name a line.
models() {
	sed -n '/^ \* Models: /,/^ \*\( Changed:.*\|)\)$/p' "$1" | sed '/Changed:/d' |
		grep -o '[a-z_0-9]*()' | tr -d '()' || true
}

# defined NAME PLACE...: a line at the margin, and no prototype on one line
defined() {
	local name=$1
	shift
	grep -rqE --include='*.[ch]' "^([a-z].*[ *])?$name\([^;]*$" "$@"
}

# Sets unknown: names that may be KVM's, if there were a kernel to look in.
unknown=0
check_models() {
	local f list name ours=("$TOP/lib/dirtylog" "$TOP/virt" "$TOP/arch" "$TOP/include")
	declare -A known=()
	unknown=0
	while read -r f; do
		list=$(models "$1/$f")
		[ -n "$list" ] || echo "$f: models no function"
		for name in $list; do
			[ -z "${known[$name]:-}" ] || continue
			if defined "$name" "${ours[@]}"; then
				known[$name]=1
			elif [ ! -d "$TREE/virt/kvm" ]; then
				unknown=$((unknown + 1))
			elif defined "$name" "$TREE/virt/kvm" "$TREE"/arch/*/kvm; then
				known[$name]=1
			else
				echo "$f: there is no $name()"
			fi
		done
	done < <(names "$1")
}

# README has each file, with its result, and no other.
check_readme() {
	local f
	diff <(sed -nE 's/^([^ ]+\.litmus) \(([A-Za-z]+)\)$/\1 \2/p' "$1/README" | sort) \
		<(while read -r f; do
			echo "$f $(result_of "$1/$f")"
		done < <(names "$1") | sort) |
		sed -n 's/^< \(.*\)/README has, and the files have not: \1/p
			s/^> \(.*\)/README has not: \1/p' || true
}

# herd DIR FILE...: leaves FILE.log
herd() {
	local dir=$1
	shift
	# shellcheck disable=SC2016
	printf '%s\n' "$@" | (cd "$model" && dir=$dir log=$log xargs -P "$JOBS" -n 1 sh -c '
		timeout 300 herd7 -conf linux-kernel.cfg "$dir/$1" >"$log/$1.log" 2>&1 || true' sh)
}

# verdict DIR FILE: what herd7 said must be the result, without a warning or a flag
verdict() {
	local said expect
	expect=$(result_of "$1/$2")
	said=$(sed -nE 's/^Observation [^ ]+ (Never|Sometimes|Always) .*/\1/p' "$log/$2.log")
	if grep -qE '^(Warning|Flag)' "$log/$2.log"; then
		echo "$2: $(grep -m 1 -E '^(Warning|Flag)' "$log/$2.log")"
	elif [ "$said" != "$expect" ]; then
		echo "$2: $expect in the file, ${said:-nothing} from herd7"
	fi
}

skip() {
	skipped=$((skipped + $1))
	say "$step: SKIP: $2"
}

# control TEXT FILE SCRIPT CHECK...: what sed does to a file is seen
control() {
	local text=$1 file=$2 script=$3
	shift 3
	rm -rf "$copy/t"
	cp -r "$tests" "$copy/t"
	sed -i "$script" "$copy/t/$file"
	if cmp -s "$tests/$file" "$copy/t/$file"; then
		test_of "control: $text" "nothing to change in $file"
	elif [ -n "$("$@" "$copy/t")" ]; then
		test_of "control: $text is seen" ''
	else
		test_of "control: $text is seen" "it is not"
	fi
}

check_one() {
	herd "$2" "$1"
	verdict "$2" "$1"
}

mapfile -t all < <(names "$tests")
test_of "${#all[@]} files, their names and results" "$(check_names "$tests")"
check_models "$tests" >"$log/models"
if [ "$unknown" -gt 0 ] && [ ! -s "$log/models" ]; then
	skip 1 "no kernel in $TREE, for the functions of KVM that are modelled"
else
	test_of "the functions that are modelled are there" "$(<"$log/models")"
fi
test_of "README lists the files" "$(check_readme "$tests")"
one=test+mb+sound.litmus
control "a result that is not the name's" $one s/Never/Sometimes/ check_names
[ ! -d "$TREE/virt/kvm" ] ||
	control "a function that is not there" $one s/scan_leaves/scan_trees/ check_models
control "a file that README lacks" README "/^$one/d" check_readme
control "a result that README has otherwise" README "/^$one/s/Never/Sometimes/" check_readme

if ! command -v herd7 >/dev/null 2>&1; then
	skip "${#all[@]}" "herd7 is not in the PATH: no verdict was checked"
elif [ ! -f "$model/linux-kernel.cfg" ]; then
	test_of "verdicts" "no $model: 'make tree' first"
else
	control "a barrier that is missing" $one '/smp_mb();/d' check_one $one
	say "$step: ${#all[@]} verdicts of $(herd7 -version | head -n 1)"
	herd "$tests" "${all[@]}"
	for f in "${all[@]}"; do
		complaint=$(verdict "$tests" "$f")
		if [ -z "$complaint" ]; then
			passed=$((passed + 1))
		else
			test_of "$f" "$complaint"
		fi
	done
fi

result "$step" "$passed" "$failed" "$skipped"
say "$step: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
