# SPDX-License-Identifier: GPL-2.0
# Builds of the engine as programs of this machine; source it after env.sh.
#   NATIVE ENGINE         where they are, and what is edited for some of them
#   build OUT SANITIZER PROGRAM [ARG...]   make a program in build/native/OUT
#   edited OUT FROM FILE  text of FILE of the engine on stdin: OUT is FROM with that;
#                         fails if it is no other text
# shellcheck shell=bash

NATIVE=$BUILD/native
ENGINE=$TOP/lib/dirtylog
declare -A san=([plain]='' [asan]='address,undefined' [tsan]='thread')

build() {
	local log=$LOGS/native-${1//\//-}.log
	make -s -j"$JOBS" -C "$TOP/tools/testing/dirtylog/native" TOP="$TOP" O="$NATIVE/$1" \
		SAN="${san[$2]}" CC="$CC" "${@:4}" "$NATIVE/$1/$3" >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		echo "$1 does not build, see $log" >&2
		return 1
	}
	[ ! -s "$log" ] || {
		head -n 20 "$log" >&2
		echo "$1 builds with warnings, see $log" >&2
		return 1
	}
}

edited() {
	local dir=$NATIVE/$1
	# What the edited file has no part in is the same.
	rm -rf "$dir" && mkdir -p "${dir%/*}" && cp -a "$NATIVE/$2" "$dir" &&
		mkdir -p "$(dirname "$dir/lib/$3")" && cat >"$dir/lib/$3" || return 1
	! cmp -s "$ENGINE/$3" "$dir/lib/$3"
}
