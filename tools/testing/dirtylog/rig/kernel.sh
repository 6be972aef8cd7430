#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernel.sh x86|s390 [OUT]: configure and build a kernel for the rig.
#
#   TREE=DIR       kernel source, never written to (default: build/linux)
#   OUT=DIR        where it is built (default: build/x86, build/vanilla-x86, ...)
#   FRAGMENTS=...  more config fragments, merged last
#   VANILLA=1      a kernel without dirtylog, to compare with
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../env.sh"

arch=${1:-}
case $arch in
x86) make=(ARCH=x86) ;;
s390) make=(ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- CC="${CC/%gcc/s390x-linux-gnu-gcc}") ;;
*) die "usage: kernel.sh x86|s390 [OUT]" ;;
esac
vanilla=${VANILLA:+vanilla-}
OUT=$(realpath -m "${2:-${OUT:-$BUILD/$vanilla$arch}}")
image=$OUT/arch/$arch/boot/bzImage
log=$LOGS/kernel-$arch-${OUT##*/}.log
[ -f "$TREE/Kconfig" ] || die "no kernel source in $TREE: 'make tree' first"

read -ra fragments <<<"$here/$arch.config ${FRAGMENTS:-}"
if [ -z "$vanilla" ]; then
	grep -qs '^config KVM_DIRTYLOG' "$TREE"/virt/kvm/Kconfig "$TREE/arch/$arch/kvm/Kconfig" ||
		die "$TREE has no option KVM_DIRTYLOG (VANILLA=1 builds it as it is)"
	fragments+=("$here/dirtylog.config")
	[ ! -f "$here/dirtylog-$arch.config" ] || fragments+=("$here/dirtylog-$arch.config")
fi
for f in "${fragments[@]}"; do
	[ -f "$f" ] || die "no config fragment $f"
done

# The names of the symbols that did not end up as the fragments ask. A later
# fragment overrides an earlier one. "=n" and "is not set" mean the same.
unmet() {
	awk '
	/^# CONFIG_[A-Za-z0-9_]+ is not set$/ { name = $2; value = "n" }
	/^CONFIG_[A-Za-z0-9_]+=/ { name = $1; sub(/=.*/, "", name)
				   value = substr($0, length(name) + 2) }
	name == "" { next }
	FILENAME == ARGV[ARGC - 1] { got[name] = value; name = ""; next }
	{ want[name] = value; name = "" }
	END {
		for (n in want) {
			have = n in got ? got[n] : "n"
			if (have != want[n])
				printf " %s=%s (asked for %s)", n, have, want[n]
		}
	}' "${fragments[@]}" "$OUT/.config"
}

configure() {
	local bad

	say "configuring $OUT"
	mkdir -p "$OUT"
	rm -f "$OUT/.rig-config"
	{
		kmake -s O="$OUT" "${make[@]}" tinyconfig
		# merge_config.sh leaves its scratch file in the current directory
		cd "$OUT"
		"$TREE/scripts/kconfig/merge_config.sh" -m -O "$OUT" .config "${fragments[@]}"
		cd "$here"
		kmake -s O="$OUT" "${make[@]}" olddefconfig
	} >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		die "cannot configure the kernel, see $log"
	}
	bad=$(unmet)
	[ -z "$bad" ] || die "the config fragments were not obeyed:$bad"
}

# What a configuration depends on; building does not change it.
fingerprint() {
	{
		echo "$TREE"
		gcc --version
		cat "$here/kernel.sh" "${fragments[@]}"
		find "$TREE" -name 'Kconfig*' -type f -print0 | LC_ALL=C sort -z | xargs -0 cat
		[ ! -f "$OUT/.config" ] || cat "$OUT/.config"
	} | sha256sum
}

if [ ! -f "$OUT/.rig-config" ] || [ "$(fingerprint)" != "$(cat "$OUT/.rig-config")" ]; then
	configure
	fingerprint >"$OUT/.rig-config"
fi

# A tinyconfig kernel of this kind has so many objects; only shown, never relied on.
objects=1850
say "building $image"
if ! kmake O="$OUT" "${make[@]}" bzImage 2>&1 | tee "$log" |
	awk -v all=$objects -v every=250 '
	/^  (CC|AS|LD|AR)  / && !(++n % every) {
		printf "        %d of about %d objects\n", n, (n < all ? all : n)
		fflush()
	}'; then
	grep -E -m 10 'error|Error|undefined|\*\*\*' "$log" >&2 || tail -n 20 "$log" >&2
	die "the kernel does not build, see $log"
fi
[ -f "$image" ] || die "the build made no $image, see $log"
