#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lint.sh: each step is a test, a warning is a failure. Everything is read in
# build/linux, where our files have their kernel paths; build/lint/ARCH holds objects.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/env.sh"
state=$TREE.state
log=$LOGS/lint
passed=0 failed=0 skipped=0
rm -f "$RESULTS/lint"
mkdir -p "$log"
[ -f "$state/state.json" ] || die "no tree in $TREE: 'make tree' first"

mapfile -t ours < <(python3 -c '
import json, sys
print("\n".join(json.load(open(sys.argv[1]))["overlay"]))' "$state/state.json")
mapfile -t hooked < <(cd "$state/pristine" && find . -type f | sed 's|^\./||' | sort)
pick() {
	printf '%s\n' "${ours[@]}" | grep -E "$1" || true
}
mapfile -t c < <(pick '\.[ch]$')
mapfile -t kernel_c < <(pick '^(lib|virt|arch)/.*\.c$')

# For each architecture: what is ours there, what holds it, and make's arguments.
declare -A c_of=([x86]='^(lib|virt|arch/x86)/.*\.c$' [s390]='^arch/s390/.*\.c$')
declare -A objects_of=([x86]='lib/dirtylog/ arch/x86/kvm/' [s390]='arch/s390/kvm/ arch/s390/mm/')
declare -A config_of=([x86]='' [s390]=GMAP_DIRTYLOG_KUNIT_TEST)
lint_make() {
	local arch=$1
	shift
	if [ "$arch" = s390 ]; then
		set -- CROSS_COMPILE=s390x-linux-gnu- CC="${CC/%gcc/s390x-linux-gnu-gcc}" "$@"
	fi
	kmake O="$BUILD/lint/$arch" ARCH="$arch" "$@"
}

# lint NAME WHAT COMMAND...: passes if COMMAND does and says nothing
lint() {
	local name=$1 what=$2 out=$log/$1.log
	shift 2
	if "$@" >"$out" 2>&1 </dev/null && [ ! -s "$out" ]; then
		say "lint: $name: ok ($what)"
		passed=$((passed + 1))
	else
		say "lint: $name: FAILED ($what), $(wc -l <"$out") lines in $out:"
		head -n 40 "$out" | sed 's/^/        /'
		failed=$((failed + 1))
	fi
}

skip() {
	say "lint: $1: SKIP ($2)"
	skipped=$((skipped + 1))
}

in_tree() {
	cd "$TREE" && "$@"
}

# checkpatch IGNORE ARG...
checkpatch() {
	local rc=0 ignore=$1
	shift
	cd "$TREE"
	scripts/checkpatch.pl --no-tree --strict --terse --show-types --no-summary \
		--color=never --ignore "$ignore" "$@" || rc=$?
	rm -f .checkpatch-camelcase.*
	return "$rc"
}

# What a shell writes, `mount -t proc proc` and its own name, is no mistake in it.
not_in_scripts=REPEATED_WORD,EMBEDDED_FILENAME
# TRACE_EVENT() is laid out like a structure.
not_in_traces=FILE_PATH_CHANGES,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT
# A register in the arguments of an exception table's macro is no modulus.
not_in_asm=FILE_PATH_CHANGES,SPACING
# Headers that stand in for the kernel's have its macros and types.
not_in_shims=FILE_PATH_CHANGES,COMPLEX_MACRO,EXPORT_SYMBOL,MACRO_ARG_REUSE,MACRO_ARG_UNUSED
not_in_shims+=,MEMORY_BARRIER,NEW_TYPEDEFS,PREFER_DEFINED_ATTRIBUTE_MACRO
# A diff has no message, and our MAINTAINERS entry covers the new files.
not_in_a_diff=COMMIT_MESSAGE,FILE_PATH_CHANGES

# FILE:LINE: of what the hooks added
added_lines() {
	awk '/^\+\+\+ b\// { file = substr($2, 3); next }
	/^@@/ { split($3, a, /[+,]/); line = a[2]; next }
	/^\+/ { print file ":" line ":" }
	/^[+ ]/ { line++ }' "$log/hooks.diff"
}

licence() {
	local f spdx=SPDX-License
	spdx+='-Identifier: GPL-2.0'
	cd "$TOP"
	for f in Makefile .ci/run hooks/* "${ours[@]}"; do
		case $f in
		*/.kunitconfig | *.md | hooks/README) continue ;;
		esac
		head -n 5 "$f" | grep -q "$spdx" || echo "$f: no line $spdx"
	done
}

# configure ARCH
configure() {
	local O=$BUILD/lint/$1
	mkdir -p "$O"
	[ -f "$O/.lint-config" ] && [ "$O/.lint-config" -nt "$state/state.json" ] &&
		[ "$O/.lint-config" -nt "$here/lint.sh" ] && return
	# shellcheck disable=SC2086
	printf 'CONFIG_%s=y\n' KUNIT DIRTYLOG_KUNIT_TEST ${config_of[$1]} >"$O/tests.config"
	lint_make "$1" -s tinyconfig
	(cd "$O" && "$TREE/scripts/kconfig/merge_config.sh" -m -O "$O" .config \
		"$here/rig/$1.config" "$here/rig/dirtylog.config" tests.config)
	lint_make "$1" -s olddefconfig
	touch "$O/.lint-config"
}

# remove_objects ARCH FILE...
remove_objects() {
	local f O=$BUILD/lint/$1
	shift
	for f in "$@" "${hooked[@]}"; do
		case $f in
		*.c) rm -f "$O/${f%.c}.o" ;;
		esac
	done
}

# objects ARCH NAME ARG...: make what holds our objects; prints the warnings in our
# files and in the lines that hooks add, and fails if it does not build
objects() {
	local arch=$1 all=$log/$2-$1.all rc=0
	shift 2
	mapfile -t c < <(pick '\.[ch]$')
	# Only what is compiled can warn.
	[ "${1:-}" = C=2 ] || {
		mapfile -t own < <(pick "${c_of[$arch]}")
		remove_objects "$arch" "${own[@]}"
	}
	# shellcheck disable=SC2086
	lint_make "$arch" -k W=1 "$@" ${objects_of[$arch]} >"$all" 2>&1 || rc=$?
	sed -E "s|^$TREE/||; s|^(\.\./)+linux/||; s|^arch/[a-z0-9]*/kvm/(\.\./)+||" \
		"$all" >"$all.rel"
	{ printf '%s:\n' "${c[@]}"; added_lines; } | grep -F -f - "$all.rel" |
		grep -E ': (warning|error|fatal)' | sort -u || true
	[ "$rc" -eq 0 ] || grep -E '\*\*\*|error' "$all" | head
	return "$rc"
}

built() {
	local f
	for f in "${kernel_c[@]}"; do
		[ -f "$BUILD/lint/x86/${f%.c}.o" ] || [ -f "$BUILD/lint/s390/${f%.c}.o" ] ||
			echo "$f: not built: no sparse and no W=1 for it"
	done
}

python() {
	python3 -c '
import sys
for f in sys.argv[1:]:
    compile(open(f).read(), f, "exec")' "$@"
}

# The table of bug classes says which of them have mutants, and where.
classes() {
	local class f where places='engine|x86|s390'
	cd "$TREE"
	diff <(sed -n -E "s/^([0-9]+) .*  (none|($places)(, ($places))*)\$/\1 \2/p" "$1") \
		<(for class in {1..30}; do
			where=
			for f in engine:. x86:x86 s390:s390; do
				! grep -q "^// Class: $class," \
					"$here/mutants/${f#*:}"/*.cocci ||
					where+=${where:+, }${f%:*}
			done
			echo "$class ${where:-none}"
		done)
}

is_script='^#!|shellcheck shell'
mapfile -t scripts < <(cd "$TREE" && grep -lE "$is_script" "${ours[@]}")
is_trace='^#define TRACE_SYSTEM'
is_asm='EX_TABLE_'
is_shim='_NATIVE_(ASM|KUNIT|LINUX)_[A-Z_]*_H'
mapfile -t asm < <(cd "$TREE" && grep -lE "$is_asm" "${c[@]}")
mapfile -t shims < <(cd "$TREE" && grep -lE "$is_shim" "${c[@]}")
mapfile -t others < <(cd "$TREE" &&
	grep -LE "$is_script|$is_trace|$is_asm|$is_shim" "${ours[@]}")
mapfile -t traces < <(cd "$TREE" && grep -lE "$is_trace" "${ours[@]}")
mapfile -t sh < <(cd "$TREE" && grep -lE '^#!.*[/ ](ba)?sh$|shellcheck shell' "${scripts[@]}")
for f in "${hooked[@]}"; do
	diff -u --label "a/$f" --label "b/$f" "$state/pristine/$f" "$TREE/$f" || true
done >"$log/hooks.diff"

say "lint: ${#ours[@]} files of ours, ${#hooked[@]} hooked"
lint licence "${#ours[@]} files" licence
lint checkpatch "${#others[@]} files, --strict" checkpatch FILE_PATH_CHANGES --file "${others[@]}"
lint checkpatch-traces "${#traces[@]} files, --strict" \
	checkpatch "$not_in_traces" --file "${traces[@]}"
lint checkpatch-asm "${#asm[@]} files, --strict" checkpatch "$not_in_asm" --file "${asm[@]}"
lint checkpatch-shims "${#shims[@]} files, --strict" \
	checkpatch "$not_in_shims" --file "${shims[@]}"
lint checkpatch-scripts "${#scripts[@]} files, --strict" \
	checkpatch "$not_in_scripts" --file "${scripts[@]}"
lint checkpatch-hooks "${#hooked[@]} files, --strict" \
	checkpatch "$not_in_a_diff" --no-signoff --patch "$log/hooks.diff"
lint kernel-doc "${#c[@]} files, -Wall" in_tree scripts/kernel-doc -none -Wall -Werror "${c[@]}"
if command -v shellcheck >/dev/null; then
	lint shellcheck "${#sh[@]} files" in_tree shellcheck -x -S warning "${sh[@]}"
else
	skip shellcheck "not installed"
fi
mapfile -t rst < <(pick '\.rst$')
lint rst "${#rst[@]} files" in_tree tools/testing/dirtylog/rst.py "${rst[@]}"
lint classes "30 of bugs" classes Documentation/core-api/dirtylog-testing.rst
mapfile -t py < <(pick '\.py$')
lint python "${#py[@]} files" in_tree python "${py[@]}"

for arch in x86 s390; do
	n=$(pick "${c_of[$arch]}" | wc -l)
	say "lint: building for $arch with W=1, then sparse"
	mkdir -p "$BUILD/lint/$arch"
	if configure "$arch" >"$log/config-$arch.log" 2>&1; then
		lint "W=1-$arch" "$n files and the lines of hooks" objects "$arch" gcc
		lint "sparse-$arch" "$n files and the lines of hooks" objects "$arch" sparse C=2
	else
		lint "config-$arch" "cannot configure" cat "$log/config-$arch.log"
	fi
done
lint built "${#kernel_c[@]} files" built

result lint "$passed" "$failed" "$skipped"
say "lint: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
