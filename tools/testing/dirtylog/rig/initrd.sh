#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# initrd.sh OUTPUT FILE...: an initramfs of busybox, the rig's init, and the
# given files in /rig. One of them is called "run": init executes it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"

[ $# -ge 2 ] || die "usage: initrd.sh OUTPUT FILE..."
output=$1
shift
command -v cpio >/dev/null || die "no cpio: install the package cpio"
busybox=$(command -v busybox) || die "no busybox: install the package busybox-static"
if readelf -l "$busybox" | grep -q INTERP; then
	die "$busybox is not static: install the package busybox-static"
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,proc,sys,tmp,rig}
cp "$busybox" "$root/bin/busybox"
cp "$here/init" "$root/init"
cp -- "$@" "$root/rig/"
[ -f "$root/rig/run" ] || die "no file called run among: $*"
chmod 755 "$root/init" "$root/rig/run"

mkdir -p "$(dirname "$output")"
(cd "$root" && find . -print0 | LC_ALL=C sort -z |
	cpio --null --create --quiet --format=newc --owner=+0:+0) | gzip -1 >"$output.tmp"
mv "$output.tmp" "$output"
