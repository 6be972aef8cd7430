#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# objects.sh [ARCH...]: with the option off, KVM's objects and those of all
# hooked files are what they were before our hooks, on x86 and on s390.
#
# The config has nothing that writes line numbers into an object.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/env.sh"
rm -f "$RESULTS/objects"
vanilla=$BUILD/vanilla-linux
ours=$TREE
passed=0 failed=0
archs=("$@")
[ $# -gt 0 ] || archs=(x86 s390)

"$here/tree.py" --build "$BUILD" --vanilla --dir "$vanilla"

config() {
	cat <<-END
	CONFIG_EXPERT=y
	CONFIG_64BIT=y
	CONFIG_SMP=y
	CONFIG_VIRTUALIZATION=y
	CONFIG_KVM=y
	CONFIG_DEBUG_INFO_NONE=y
	# CONFIG_DEBUG_BUGVERBOSE is not set
	# CONFIG_DYNAMIC_DEBUG is not set
	# CONFIG_DEBUG_ATOMIC_SLEEP is not set
	END
	[ "$1" != s390 ] || cat <<-END
	CONFIG_SYSFS=y
	CONFIG_HUGETLBFS=y
	END
	[ "$1" != x86 ] || cat <<-END
	CONFIG_HIGH_RES_TIMERS=y
	CONFIG_X86_LOCAL_APIC=y
	CONFIG_CPU_SUP_INTEL=y
	CONFIG_CPU_SUP_AMD=y
	CONFIG_KVM_INTEL=y
	CONFIG_KVM_AMD=y
	CONFIG_KVM_SMM=y
	CONFIG_KVM_HYPERV=y
	CONFIG_IA32_EMULATION=y
	END
}

# build ARCH SIDE TREE: the objects that are compared, and a few more
build() {
	local arch=$1 out=$BUILD/objects/$1-$2 tree=$3 args=()
	local log=$LOGS/objects-$1-$2.log

	[ "$arch" = x86 ] || args=(CROSS_COMPILE="$arch"x-linux-gnu-
		CC="${CC/gcc/"$arch"x-linux-gnu-gcc}")
	mkdir -p "$out"
	config "$arch" >"$out/fragment"
	{
		make -s -C "$tree" O="$out" ARCH="$arch" CC="$CC" HOSTCC="$CC" "${args[@]}" \
			KCONFIG_ALLCONFIG="$out/fragment" allnoconfig &&
			make -C "$tree" -j"$JOBS" O="$out" ARCH="$arch" CC="$CC" HOSTCC="$CC" \
				"${args[@]}" "arch/$arch/kvm/" "${@:4}"
	} >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		die "objects for $arch ($2) do not build, see $log"
	}
	grep -qx CONFIG_KVM=y "$out/.config" || die "no KVM in $out/.config"
	! grep -q '^CONFIG_\(KVM_\)\?DIRTYLOG=' "$out/.config" || die "the option is on in $out"
}

# Source files that hooks change and this architecture compiles outside of KVM's
# own folders would each be named here, as objects to build; headers are seen
# through all objects of KVM, asm-offsets.c, which is no code, through entry.S.
elsewhere() {
	(cd "$ours.state/pristine" && find . -name '*.[cS]' ! -name asm-offsets.c) |
		sed 's|^\./||' |
		grep -v -e "^arch/[^/]*/kvm/" -e '^virt/kvm/' |
		grep -e "^arch/$1/" -e '^[^a]' | sed 's/\.[cS]$/.o/' || true
}

# The objects of KVM, and of every hooked source file.
objects() {
	local out=$BUILD/objects/$1-vanilla
	(cd "$out" && {
		find "arch/$1/kvm" virt/kvm -name '*.o' ! -name '*.mod.o' ! -name 'built-in*'
		elsewhere "$1"
	}) | sort -u
}

# point TEXT COMMAND...
point() {
	local text=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		say "objects: ok: $text"
	else
		failed=$((failed + 1))
		say "objects: FAILED: $text"
	fi
}

# Every hooked .c file is among the objects of one architecture or another.
covered() {
	local file rc=0 compared
	compared=$(printf '%s\n' "${all[@]}")
	while read -r file; do
		grep -qx "${file%.c}.o" <<<"$compared" || {
			echo "hooked, and not compared: $file"
			rc=1
		}
	done < <(cd "$ours.state/pristine" && find . -name '*.c' ! -name asm-offsets.c |
		sed 's|^\./||')
	return "$rc"
}

all=()
for arch in "${archs[@]}"; do
	say "objects: building KVM for $arch, with our hooks and without"
	mapfile -t more < <(elsewhere "$arch")
	build "$arch" vanilla "$vanilla" "${more[@]}"
	build "$arch" ours "$ours" "${more[@]}"
	mapfile -t list < <(objects "$arch")
	o=$BUILD/objects/$arch
	all+=("${list[@]}")
	point "$arch: planted differences are seen" \
		"$here/objects.py" --control "$o-ours" "$o-vanilla" "${list[@]}"
	point "$arch: ${#list[@]} objects are the same" \
		"$here/objects.py" "$o-ours" "$o-vanilla" "${list[@]}"
done
[ $# -gt 0 ] || point "all hooked files are compared" covered
result objects "$passed" "$failed" 0
say "objects: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
