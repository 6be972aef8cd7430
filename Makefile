# SPDX-License-Identifier: GPL-2.0
# Every command, one script each. `make help` prints the lines with ##.

D := tools/testing/dirtylog
export BUILD := $(abspath $(or $(BUILD),build))
export KSRC SEED V DEMO_ARGS MINUTES THREADS
ifneq ($(J),)
export JOBS := $(J)
endif
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo demo-s390 check check-full tree kunit kunit-x86 kunit-s390 selftests-x86 selftests-s390 planted-loss coccicheck litmus model mutants mutants-kernel stress objects defects-x86 defects-s390 bench bench-kvm bench-s390 kunit-debug lint packages clean

help:			## this list
	@echo 'dirtylog: make COMMAND [PARAMETER=...]'
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## /\1 /p' Makefile | \
		while read -r name text; do printf '  %-15s%s\n' "$$name" "$$text"; done
	@echo 'Parameters:'
	@echo '  KSRC=DIR       the kernel to build on, instead of linux-source-6.12; never modified'
	@echo '  SEED=N         seed of the random tests and of the demo'
	@echo '  DEMO_ARGS=...  one run of the demo with --mode get, clear, init-set or all,'
	@echo '                 --huge, --trace'
	@echo '  MINUTES=M      stress: so long for each build; THREADS=T writers'
	@echo '  J=N            parallel jobs, instead of one a CPU'
	@echo '  V=1            show what is run'
	@echo '  BUILD=DIR      where all is built, instead of build/'
	@echo 'Logs are in build/logs.'

demo: tree		## pre-copy a running guest through the dirty log, and compare the copy
	@$(D)/rig/demo.sh x86

demo-s390: tree		## the same on s390, on a kernel that runs guests without SIE
	@$(D)/rig/demo.sh s390

check:			## all tests, lint and the demo, one after the other; ends in a line of totals
	@$(D)/check.sh

check-full:		## check, slow tests, vanilla compared with ours, KUnit and selftests under lockdep and KASAN
	@$(D)/check.sh full

tree: packages		## the kernel, with our files and hooks, in build/linux
	@$(D)/tree.py --build '$(BUILD)'

kunit: tree		## the engine's unit and model tests, in user-mode Linux
	@$(D)/kunit.sh uml

kunit-x86: tree		## the same in QEMU, on two CPUs
	@$(D)/kunit.sh x86

kunit-s390: tree	## the same on s390, and on real page tables of a gmap
	@$(D)/kunit.sh s390

kunit-debug: tree	## kunit-x86 and kunit-s390 under lockdep and KASAN
	@$(D)/kunit.sh x86 debug
	@$(D)/kunit.sh s390 debug

selftests-x86: tree	## the kernel's own dirty-log selftests on our KVM, in QEMU
	@$(D)/rig/selftests.sh x86

selftests-s390: tree	## the same on s390, on a kernel that runs guests without SIE
	@$(D)/rig/selftests.sh s390

defects-x86: tree	## our selftests on a vanilla kernel and on ours, side by side
	@$(D)/rig/defects.sh x86

defects-s390: tree	## the same on s390, where vanilla has the rig's hooks to run guests at all
	@$(D)/rig/defects.sh s390

bench: packages		## marks and harvests of the engine against a flat bitmap's, in userspace
	@$(D)/bench.sh

bench-kvm: tree		## instructions per GET and CLEAR, vanilla and ours, as a ratio
	@$(D)/rig/bench-kvm.sh

bench-s390: tree	## pages reported, flushes and instructions, of guests on huge pages
	@$(D)/rig/bench-s390.sh

planted-loss: tree	## a kernel that loses one dirty bit in 10^5 is found out
	@$(D)/rig/planted-loss.sh

litmus: tree		## the rules of order in the kernel's memory model, if herd7 is there
	@$(D)/litmus.sh

coccicheck: tree	## the rules for porters: on examples, and what they find in the kernel
	@$(D)/cocci.sh

stress: packages	## the engine in userspace: threads on the mock MMU, sanitizers, races
	@$(D)/stress.sh

mutants: packages	## bugs put into the engine or the mock MMU, which those tests have to find
	@$(D)/mutants.sh

mutants-kernel: tree	## bugs put into KVM's part and the backends, which tests in QEMU have to find
	@$(D)/rig/mutants.sh both

objects: tree		## with the option off, KVM's objects are what they were, on x86 and s390
	@$(D)/objects.sh

model: packages		## the rules, explored completely by Spin; broken ones are caught
	@$(D)/model.sh

lint: tree		## checkpatch, sparse, W=1, kernel-doc, shellcheck on our files
	@$(D)/lint.sh

packages:		## install what is missing of the package list (as root)
	@$(D)/packages.sh

clean:			## remove build/
	@rm -rf '$(BUILD)'
