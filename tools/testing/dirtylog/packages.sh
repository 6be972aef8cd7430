#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Install what is missing of the list in ./packages; when all is there, one query.
set -eu

list=$(dirname "$0")/packages
wanted=$(sed 's/#.*//' "$list" | tr -s ' \t\n' ' ')

if ! command -v dpkg-query >/dev/null 2>&1; then
	missing=
	for tool in python3 gcc make ccache spatch sparse flex bison bc rsync \
		    cpio perl qemu-system-x86_64 gnuplot; do
		command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
	done
	[ -z "$missing" ] && exit 0
	echo "packages: not a Debian system, and these tools are missing:$missing" >&2
	echo "packages: install them; $list names the Debian packages" >&2
	exit 1
fi

# shellcheck disable=SC2086 # words are wanted, here and below
have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
	sed -n 's/^installed //p') || true
missing=
for package in $wanted; do
	case "
$have
" in
	*"
$package
"*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -z "$missing" ] && exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -ne 0 ]; then
	echo "packages: missing:$missing" >&2
	echo "packages: as root: apt-get update && $install" >&2
	exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "packages: installing$missing (a few minutes)"
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && $install; } >"$log" 2>&1 </dev/null; then
	tail -n 15 "$log" >&2
	echo "packages: error: cannot install$missing" >&2
	exit 1
fi
