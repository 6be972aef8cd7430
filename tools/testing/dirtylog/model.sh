#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# model.sh: explores the models in model/ completely, with Spin, and shows that each
# property is violated where a rule is broken. Ends in a table.
#
# A sound model has no error, no limit that ended the search, and no statement that
# was not reached. In a broken one, which differs by macros, one property is left, and
# its assertion has to fail.
#
# To see how, in an empty directory: spin -a -DMACRO... -DONLY_PROPERTY MODEL.pml;
# gcc -DSAFETY -DBFS -o pan pan.c; ./pan; spin -t -p -g -DMACRO... MODEL.pml
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/env.sh"
models=$here/model
out=$BUILD/model

# MODEL PROPERTY MACRO...; property "-": all of them hold
runs() {
	cat <<-END
	one-record    -
	one-record    nothing_left SUMMARY_BEFORE_LEAF
	one-record    reported     LEAF_HIT_RETURNS
	one-record    nothing_left LEAF_CLEARED_FIRST
	one-record    nothing_left SUMMARY_NOT_KEPT
	one-record    reported     CLEAR_NOT_ATOMIC
	one-record    reported     NO_PUT_BACK
	one-record    reported     PUT_BACK_SUMMARY_ONLY
	one-record    nothing_left PUT_BACK_LEAF_ONLY
	one-tracker   -
	one-tracker   rule1        MARK_BEFORE_ENTRY
	one-tracker   copy         MARK_BEFORE_ENTRY
	one-tracker   rule1        FLUSH_IF_CHANGED
	one-tracker   copy         FLUSH_IF_CHANGED
	one-tracker   copy         NO_FLUSH
	one-tracker   copy         NO_FLUSH_ON_ERROR
	one-tracker   copy         COPY_BEFORE_FLUSH
	one-tracker   rule1        PROTECT_RESULT_IGNORED
	one-tracker   copy         NO_PUT_BACK
	one-tracker   rule1        PUT_BACK_SUMMARY_ONLY
	one-tracker   copy         PUT_BACK_LEAF_ONLY
	one-tracker   copy         NO_QUIESCE
	direct-writer -
	direct-writer copy         MARK_BEFORE_DATA
	direct-writer copy         NO_QUIESCE
	direct-writer rule1        FLUSH_IF_CHANGED
	two-trackers  -
	two-trackers  -            FLUSH_IF_CHANGED
	two-trackers  rule1        FLUSH_IF_CHANGED UNLOCK_BEFORE_FLUSH
	two-trackers  copy         FLUSH_IF_CHANGED UNLOCK_BEFORE_FLUSH
	attach        -
	attach        copy         ARM_BEFORE_ATTACH
	attach        rule1        NO_GRACE_PERIOD
	attach        copy         NO_GRACE_PERIOD
	attach        copy         NO_FLUSH_IN_ARM
	attach        copy         COPY_BEFORE_ARM
	attach        rule1        UNLOCK_BEFORE_PROTECT
	recording     -
	recording     rule1        NO_FLUSH
	recording     copy         NO_FLUSH
	recording     copy         NO_FOLD
	recording     copy         NO_NOTE_LOCK
	recording     copy         FOLD_LOOKS_FIRST
	recording     rule1        MARK_BEFORE_NOTE
	recording     copy         MARK_BEFORE_NOTE
	recording     rule1        PROTECT_DROPS_NOTE
	recording     copy         PROTECT_DROPS_NOTE
	recording     rule1        ZAP_DROPS_NOTE
	recording     copy         ZAP_DROPS_NOTE
	store-buffer  -
	store-buffer  rule1        NO_BARRIER_IN_FAULT
	store-buffer  copy         NO_BARRIER_IN_FAULT
	store-buffer  copy         NO_BARRIER_IN_DIRECT_WRITER
	store-buffer  rule1        CLEAR_NOT_ATOMIC
	store-buffer  copy         FLUSH_LEAVES_STORES
	END
}

# Two at a time, in 4 GiB altogether.
at_once=$((JOBS < 2 ? JOBS : 2))
memory=$((4096 / at_once - 100))

# sound LOG: says why the search was not complete, or found something
sound() {
	local kind='^(Full statespace search|.assertion violations.*\+$|.invalid end states.*\+$)'

	if ! grep -q 'errors: 0$' "$1"; then
		grep -m1 '^pan' "$1" || echo "no end"
	elif grep -m1 -iE 'not completed|too small|reached -D|out of memory' "$1"; then
		:
	elif [ "$(grep -cE "$kind" "$1")" -ne 3 ]; then
		echo "not the search that was asked for"
	else
		# A process that has an end: label goes on for ever.
		awk '/^unreached in/ { process = $NF }
			/, state [0-9]+, / {
				if (process ~ /^(monitor|memory|zapper)$/ && /"-end-"$/)
					next
				print "not reached in " process ": " $0
				exit
			}' "$1"
	fi
}

# run NUMBER MODEL PROPERTY MACRO...: "ok" or "FAILED", and a row, in $out/NUMBER
run() {
	local n=$1 model=$2 property=$3 dir=$out/$1.dir args=() cflags=() why='' macro verdict
	shift 3
	cflags+=(-DSAFETY -DCOLLAPSE "-DMEMLIM=$memory")
	for macro; do
		grep -qE "^#.*\b$macro\b" "$models"/*.pml || why="nothing tests $macro"
		args+=("-D$macro")
	done
	if [ "$property" = - ]; then
		cflags+=(-O2)
	else
		args+=("-DONLY_${property^^}")
		cflags+=(-O0)
		# Depth first, it comes to the other tracker's attach last of all.
		[ "$model" != attach ] || cflags+=(-DBFS)
	fi
	rm -rf "$dir"
	mkdir -p "$dir"
	cd "$dir"
	: >log
	if [ -n "$why" ]; then
		:
	elif ! spin -a "${args[@]}" "$models/$model.pml" >log 2>&1 ||
		! gcc -w "${cflags[@]}" -o pan pan.c >>log 2>&1; then
		why="does not compile"
	else
		./pan -m2000000 >log 2>&1 || true
		if [ "$property" = - ]; then
			why=$(sound log)
		elif ! grep -q 'errors: 1$' log; then
			why="not caught"
		elif ! grep -q "^pan:1: assertion violated $property " log; then
			why=$(grep -m1 '^pan:1:' log)
		fi
	fi
	rm -f pan pan.?
	times >cpu
	if [ -n "$why" ]; then
		verdict=FAILED why="FAILED: $why, see $dir"
	elif [ "$property" = - ]; then
		verdict=ok why="complete, no error"
	else
		verdict=ok
		why="caught: $property"
	fi
	{
		echo "$verdict"
		printf '%-14s%-38s%9s %5.1f %5.0f  %s\n' "$model" "${*:-sound}" \
			"$(awk '/states, stored/ { print $1 }' log)" \
			"$(awk -F'[ms ]+' 'NR == 2 { print $1 * 60 + $2 + $3 * 60 + $4 }' cpu)" \
			"$(awk '/total actual memory/ { print $1 }' log)" "$why"
	} >"../$n"
}

if [ "${1:-}" = --run ]; then
	run "${@:2}"
	exit
fi

# Functions of C that comments of the models in a directory speak of, and that are not
# there; a process of the model's own, and what it includes, is no such thing.
strangers() {
	local name
	grep -rhoE '[a-z_0-9]+\(\)' "$1" | tr -d '()' | sort -u | while read -r name; do
		grep -rqE "^(inline|(active )?proctype) $name\(" "$1" ||
			grep -rqE "\b$name\(" "$TOP/lib/dirtylog" "$TREE/include/linux" \
				"$TREE/virt/kvm" ||
			echo "there is no $name()"
	done
}

rm -f "$RESULTS/model"
command -v spin >/dev/null || die "no spin: 'make packages' installs it"
rm -rf "$out"
mkdir -p "$out"
number=100
list=()
while read -r line; do
	number=$((number + 1))
	list+=("$number $line")
done < <(runs)
say "model: ${#list[@]} searches, $at_once at a time"
printf '%s\n' "${list[@]}" | xargs -P "$at_once" -L 1 "$here/model.sh" --run

printf '%-14s%-38s%9s %5s %5s  %s\n' model variant states CPU-s MB verdict
for line in "${list[@]}"; do
	tail -n +2 "$out/${line%% *}"
done
passed=$(cat "$out"/??? | grep -cx ok || true)
failed=$((${#list[@]} - passed))
step=model
. "$here/complaints.sh"
test_of "the functions that are modelled are there" "$(strangers "$models")"
cp -r "$models" "$out/control"
sed -i 's/ clear_bits() / clear_words() /' "$out/control/record.pml"
if [ "$(strangers "$out/control")" = "there is no clear_words()" ]; then
	test_of "control: a function that is not there is seen" ''
else
	test_of "control: a function that is not there is seen" "it is not"
fi
result "$step" "$passed" "$failed" 0
say "$step: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
