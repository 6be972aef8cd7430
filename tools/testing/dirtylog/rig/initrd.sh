#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# initrd.sh OUTPUT FILE...: an initramfs of busybox, the rig's init, and the
# given files in /rig. One of them is called "run": init executes it.
#
#   RIG_ARCH=s390  of init.c, for want of a busybox: it runs the lines of "list"
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"

[ $# -ge 2 ] || die "usage: initrd.sh OUTPUT FILE..."
output=$1
shift
command -v cpio >/dev/null || die "no cpio: install the package cpio"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,proc,sys,tmp,rig}
cp -- "$@" "$root/rig/"

if [ "${RIG_ARCH:-x86}" = s390 ]; then
	[ -f "$root/rig/list" ] || die "no file called list among: $*"
	s390x-linux-gnu-gcc -static -O2 -Wall -Wextra -o "$root/init" "$here/init.c"
else
	[ -f "$root/rig/run" ] || die "no file called run among: $*"
	busybox=$(command -v busybox) || die "no busybox: install the package busybox-static"
	if grep -q INTERP <(readelf -l "$busybox"); then
		die "$busybox is not static: install the package busybox-static"
	fi
	cp "$busybox" "$root/bin/busybox"
	cp "$here/init" "$root/init"
	chmod 755 "$root/rig/run"
fi
chmod 755 "$root/init"

mkdir -p "$(dirname "$output")"
(cd "$root" && find . -print0 | LC_ALL=C sort -z |
	cpio --null --create --quiet --format=newc --owner=+0:+0) | gzip -1 >"$output.tmp"
mv "$output.tmp" "$output"
