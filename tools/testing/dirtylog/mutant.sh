# SPDX-License-Identifier: GPL-2.0
# Mutants, semantic patches that each put one bug into one source file, whose header
# says which, and what has to notice; source it after env.sh, set step, mutants (the
# folder) and verdicts (another), and leave a verdict of each mutant there.
#   all_mutants             their names
#   field NAME FIELD        of a mutant's header
#   check_headers NAME...   each has all that it needs
#   mutate NAME FROM TO     fails if TO is no other text than FROM, or there is none
#   verdict NAME TEXT T0    killed, SKIP, or what is wrong; T0 is when it began
#   table NAME...           prints all, and counts them in passed, failed and skipped
# shellcheck shell=bash disable=SC2154

all_mutants() {
	(cd "$mutants" && printf '%s\n' *.cocci) | sed 's/\.cocci$//'
}

field() {
	sed -n "s|^// $2: ||p" "$mutants/$1.cocci"
}

check_headers() {
	local name
	for name; do
		[ -f "$mutants/$name.cocci" ] || die "no mutant '$name'"
		[ -n "$(field "$name" 'Killed by')" ] && [ -n "$(field "$name" Class)" ] &&
			[ -n "$(field "$name" File)" ] ||
			die "$name.cocci has not all of Class, Killed by and File"
	done
}

mutate() {
	mkdir -p "${3%/*}"
	cp "$2" "$3"
	spatch --very-quiet --in-place --sp-file "$mutants/$1.cocci" "$3" </dev/null &&
		! cmp -s "$2" "$3"
}

verdict() {
	local t=$(((${EPOCHREALTIME/[.,]/} - ${3/[.,]/}) / 100000))
	echo "$2:$((t / 10)).$((t % 10))" >"$verdicts/$1.verdict"
}

# row NAME CLASS KILLER VERDICT SECONDS
row() {
	printf '| %-28s | %-48s | %-38s | %-8s | %7s |\n' "$@"
}

table() {
	local name verdict seconds failures=()

	row mutant class 'killed by' verdict seconds
	printf '|---|---|---|---|--:|\n'
	for name; do
		verdict='NO VERDICT' seconds=
		[ ! -f "$verdicts/$name.verdict" ] ||
			IFS=: read -r verdict seconds <"$verdicts/$name.verdict"
		case $verdict in
		SKIP) skipped=$((skipped + 1)) seconds= ;;
		killed) passed=$((passed + 1)) ;;
		*)
			failed=$((failed + 1))
			failures+=("$name: $verdict, see $LOGS/$step-$name.log")
			;;
		esac
		row "$name" "$(field "$name" Class)" \
			"$(field "$name" 'Killed by' | sed -z 's/\n$//; s/\n/, /g')" \
			"$verdict" "$seconds"
	done
	for name in "${failures[@]}"; do
		say "$step: $name"
	done
}
