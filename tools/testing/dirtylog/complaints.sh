# SPDX-License-Identifier: GPL-2.0
# Tests that print what is wrong, and nothing if all is well; source it after env.sh,
# with $step and the counts in passed and failed set.
# shellcheck shell=bash disable=SC2154

# test_of TEXT COMPLAINTS
test_of() {
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		say "$step: ok: $1"
	else
		failed=$((failed + 1))
		say "$step: FAILED: $1"
		printf '        %s\n' "${2//$'\n'/$'\n        '}"
	fi
}
