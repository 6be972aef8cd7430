# SPDX-License-Identifier: GPL-2.0
# Environment of every script here: source it with sh or bash.
#   TOP BUILD TREE LOGS RESULTS  directories, absolute; the caller's BUILD and TREE stay
#   JOBS CC ccache settings      for kernel builds: kmake O=... target
#   say die result kmake         progress, errors, the counts of a step
#   s390_qemu                    sets QEMU: with pages of 1M, where that is to be had
# shellcheck shell=sh

if [ -z "${TOP:-}" ]; then
	TOP=$(cd "$(dirname "$0")" && pwd -P) && TOP=${TOP%/tools/testing/dirtylog*}
	[ -f "$TOP/tools/testing/dirtylog/env.sh" ] ||
		TOP=$(git rev-parse --show-toplevel 2>/dev/null) || TOP=
fi
[ -f "$TOP/tools/testing/dirtylog/env.sh" ] || {
	echo "dirtylog: run this from inside the repository, or set TOP=" >&2
	exit 1
}

case ${BUILD:=$TOP/build} in
/*) ;;
*) BUILD=$TOP/$BUILD ;;
esac
TREE=$(realpath -m "${TREE:-$BUILD/linux}")
LOGS=$BUILD/logs
RESULTS=$BUILD/results
JOBS=${JOBS:-$(nproc)}
case $JOBS in
*[!0-9]* | 0*)
	echo "dirtylog: J=$JOBS is not a number of jobs" >&2
	exit 1
	;;
esac
case ${SEED:-} in
[!0-9]* | 0x | 0x*[!0-9a-f]* | 0[!x]* | [1-9]*[!0-9]*)
	echo "dirtylog: SEED=$SEED is not a number" >&2
	exit 1
	;;
esac
mkdir -p "$LOGS" "$RESULTS"

# The cache must hit from another clone and another O= directory: paths under
# BASEDIR become relative, the working directory stays out of the hash, and
# nothing in a build depends on when or by whom it was made.
if command -v ccache >/dev/null 2>&1; then
	CC='ccache gcc'
else
	CC=gcc
fi
CCACHE_BASEDIR=$BUILD
CCACHE_NOHASHDIR=1
# On s390 the assembler is told a path, which does not become relative.
CCACHE_IGNOREOPTIONS='-Wa,-I*'
CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-10G}
CCACHE_SLOPPINESS=time_macros
KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
KBUILD_BUILD_USER=dirtylog
KBUILD_BUILD_HOST=dirtylog
HOSTCC=$CC
export TOP BUILD TREE LOGS RESULTS JOBS CC HOSTCC
export CCACHE_BASEDIR CCACHE_NOHASHDIR CCACHE_IGNOREOPTIONS CCACHE_MAXSIZE
export CCACHE_SLOPPINESS
export KBUILD_BUILD_TIMESTAMP KBUILD_BUILD_USER KBUILD_BUILD_HOST
# Our make's flags and job server are not for the kernel's.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL

DIRTYLOG_T0=${DIRTYLOG_T0:-$(date +%s)}
export DIRTYLOG_T0

# say TEXT...: one line of progress, with the seconds since the command began
say() {
	printf '[%4ds] %s\n' $(($(date +%s) - DIRTYLOG_T0)) "$*"
}

# die TEXT...: an error, and the end
die() {
	printf '%s: error: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# result STEP PASSED FAILED SKIPPED: what `make check` adds up
result() {
	echo "$2 $3 $4" >"$RESULTS/$1"
}

# s390_qemu: the caller's QEMU, or ours with EDAT1, or the installed one
s390_qemu() {
	if [ -z "${QEMU:-}" ]; then
		QEMU=$("$TOP/tools/testing/dirtylog/rig/qemu-edat1.py" --build "$BUILD") || {
			say "tests that need pages of 1M will be skipped"
			QEMU=qemu-system-s390x
		}
	fi
	export QEMU
}

# kmake ARG...: make in the kernel tree; give it O=. Behind a guest that runs beside it.
kmake() {
	${RIG_LOCK:+nice -n 10} make -C "$TREE" -j"$JOBS" CC="$CC" HOSTCC="$HOSTCC" \
		${V:+"V=$V"} "$@"
}
