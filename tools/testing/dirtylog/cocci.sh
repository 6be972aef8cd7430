#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# cocci.sh [DIR...]: the rules for porters in scripts/coccinelle/dirtylog. Each finds
# the lines of its bad example that are marked there, and no others; none finds anything
# in a good one; and all find in the kernel, and in our own code, what README says. With
# DIR: print what they find there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/env.sh"
rules=$TOP/scripts/coccinelle/dirtylog
examples=$here/cocci
step=coccicheck
passed=0 failed=0 skipped=0
. "$here/complaints.sh"
command -v spatch >/dev/null 2>&1 || die "no spatch: 'make packages' installs coccinelle"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

# spatch MODE RULE ARG...: as scripts/coccicheck calls it
spatch() {
	command spatch --very-quiet -D "$1" --no-includes --include-headers \
		--cocci-file "$2" "${@:3}"
}

if [ $# -gt 0 ]; then
	for rule in "$rules"/*.cocci; do
		say "coccicheck: ${rule##*/}"
		for dir in "$@"; do
			spatch report "$rule" --dir "$dir"
		done
	done
	exit
fi
rm -f "$RESULTS/coccicheck"

# A check prints what is wrong: nothing if all is well.

# lines MODE RULE FILE: the numbers of the lines that are found
lines() {
	local out=$copy/out
	spatch "$1" "$2" "$3" >"$out" || return
	case $1 in
	report) sed -nE 's/^[^:]*:([0-9]+):[0-9-]+: .*/\1/p' "$out" ;;
	org) sed -nE 's/.*::linb=([0-9]+)::.*/\1/p' "$out" ;;
	context) awk '/^@@/ { split($2, a, /[-,]/); line = a[2]; next }
		/^-[^-]/ { print line }
		/^[- ]/ { line++ }' "$out" ;;
	esac | sort -n
}

# check_bad RULE EXAMPLE
check_bad() {
	local mode marked
	marked=$(grep -n '/\* flagged \*/$' "$2" | cut -d : -f 1)
	[ -n "$marked" ] || echo "$2 has no marked line"
	for mode in report org context; do
		diff <(echo "$marked") <(lines "$mode" "$1" "$2") |
			sed -nE "s|^< (.*)|${2##*/}:\1: not found (mode $mode)|p
				s|^> (.*)|${2##*/}:\1: found, and not marked (mode $mode)|p" || true
	done
}

# check_good RULE EXAMPLE...
check_good() {
	spatch report "$1" "${@:2}" || echo "spatch: status $?"
}

# The head that coccicheck reads.
check_head() {
	local line
	for line in '/// .*' '// Confidence: (Low|Moderate|High)' '// Options: .*' \
		'virtual context' 'virtual org' 'virtual report'; do
		grep -qxE "$line" "$1" || echo "${1##*/}: no line '$line'"
	done
}

check_pairs() {
	diff <(cd "$rules" && for f in *.cocci; do
		printf '%s\n' "${f%.cocci}_bad.c" "${f%.cocci}_good.c"
	done | sort) <(cd "$examples" && printf '%s\n' *.c | sort) || true
}

# listed README RULE: what it says the rule finds, FILE:FUNCTION a line
listed() {
	awk -v rule="$2" '/^[a-z_]+$/ { part = $0 }
		part == rule && /^[^ \t]+\.[ch]:[A-Za-z0-9_]+$/' "$1" | sort
}

# found RULE DIR: the same, of what it finds
found() {
	{ (cd "$2" && spatch report "$1" --dir .) || echo "spatch: status $?"; } |
		sed -E 's,^(\./)?([^:]+):[0-9]+:[0-9-]+: ([A-Za-z0-9_]+): .*,\2:\3,' | sort -u
}

# check_list README RULE DIR: DIR has a kernel, or a part of it
check_list() {
	local name=${2##*/}
	diff <(listed "$1" "${name%.cocci}") <(found "$2" "$3") |
		sed -n 's/^< \(.*\)/README lists, and it does not find: \1/p
			s/^> \(.*\)/it finds, and README does not list: \1/p' || true
}

# gather DIR: the files that README names, those that hooks change, and our own
gather() {
	local f dir
	{
		for f in "$rules"/*.cocci; do
			listed "$rules/README" "$(basename "$f" .cocci)" | cut -d : -f 1
		done
		(cd "$TOP" && find lib/dirtylog virt arch include -name '*.[ch]' \
			! -path '*/tests/*')
		(cd "$TREE.state/pristine" && find virt arch -name '*.[ch]')
	} | sort -u | while read -r f; do
		dir=$TOP
		[ -f "$dir/$f" ] || dir=$TREE
		install -D -m 644 "$dir/$f" "$1/$f" || echo "$f: is not there"
	done
}

# control TEXT FILE SCRIPT COMMAND...: what sed does to a copy of FILE, which is the
# COPY of COMMAND, is seen
control() {
	local args=("${@:4}")
	sed -E "$3" "$2" >"$copy/${2##*/}"
	if cmp -s "$2" "$copy/${2##*/}"; then
		test_of "control: $1" "nothing to change in $2"
	elif [ -n "$("${args[@]/COPY/$copy/${2##*/}}" 2>&1)" ]; then
		test_of "control: $1 is seen" ''
	else
		test_of "control: $1 is seen" 'it is not'
	fi
}

test_of "each rule has two examples" "$(check_pairs)"
for c in "$examples"/*.c; do
	${CC#ccache } -Wall -Wextra -Wno-unused-parameter -fsyntax-only "$c" || echo "$c"
done >"$copy/gcc" 2>&1
test_of "the examples are C" "$(<"$copy/gcc")"

for rule in "$rules"/*.cocci; do
	name=$(basename "$rule" .cocci)
	bad=$examples/${name}_bad.c
	test_of "$name: its head" "$(check_head "$rule")"
	test_of "$name: $(grep -c '/\* flagged \*/$' "$bad") lines of the bad example, no other" \
		"$(check_bad "$rule" "$bad")"
	test_of "$name: nothing in the good ones" "$(check_good "$rule" "$examples"/*_good.c)"
	control "$name: a rule that finds nothing" "$rule" 's/^identifier .*=~ "/&no_such_/
		s/= \{protect, /= {no_such_/' check_bad COPY "$bad"
	control "$name: a line that is not marked" "$bad" '0,/ \/\* flagged \*\/$/s///' \
		check_bad "$rule" COPY
	control "$name: a bad one among the good" "$bad" 's/ \/\* flagged \*\/$//' \
		check_good "$rule" COPY
done

readme=$rules/README
if grep -qsx 'VERSION = 6' "$TREE/Makefile" && grep -qx 'PATCHLEVEL = 12' "$TREE/Makefile"; then
	test_of "all files that README names are there" "$(gather "$copy/linux" 2>&1)"
	for rule in "$rules"/*.cocci; do
		name=$(basename "$rule" .cocci)
		n=$(listed "$readme" "$name" | wc -l)
		test_of "$name: $n functions that README lists, no other" \
			"$(check_list "$readme" "$rule" "$copy/linux")"
	done
	control "a function that README does not list" "$readme" '/:gmap_pmd_op_end$/d' \
		check_list COPY "$rules/unlock_by_entry.cocci" "$copy/linux"
else
	say "coccicheck: SKIP: no Linux 6.12 in $TREE, for what README says of it"
	skipped=$((skipped + 1))
fi

result "$step" "$passed" "$failed" "$skipped"
say "$step: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
