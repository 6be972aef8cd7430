/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each vCPU of the guest runs: 64-bit mode without DAT, for ever.
 *
 *	r2	xorshift32 state, never 0	r3	first byte of the data slot
 *	r4	cursor of the dense sweep	r5	this vCPU's line
 *	r6	phase				r8	page, then byte offset
 *
 * One turn is as in x86/guest.S, in the same order. Interrupts come at any point.
 */
#include "layout.h"

	.section .rodata
	.machine z196
	.balign	16
	.globl	guest_start
guest_start:
	lr	%r1, %r2
	sll	%r1, 13
	xr	%r2, %r1
	lr	%r1, %r2
	srl	%r1, 17
	xr	%r2, %r1
	lr	%r1, %r2
	sll	%r1, 5
	xr	%r2, %r1

	/* The high bits of r2 choose the page, the low bits the offset */
	llgf	%r6, CTL_PHASE
	lr	%r9, %r2
	chi	%r6, PHASE_DENSE
	je	dense
	jh	hot
	ml	%r8, CTL_NPAGES
	j	offset
dense:
	ahi	%r4, 1
	cly	%r4, CTL_NPAGES
	jl	1f
	lhi	%r4, 0
1:	lr	%r8, %r4
	j	offset
hot:
	ml	%r8, CTL_HOT_PAGES
	aly	%r8, CTL_HOT_FIRST

	/* A store may straddle two pages */
offset:
	sll	%r8, 12
	lr	%r1, %r2
	nilf	%r1, 0xfff
	or	%r8, %r1
	cly	%r8, CTL_LIMIT
	jle	1f
	ly	%r8, CTL_LIMIT
1:	llgfr	%r8, %r8
	l	%r1, VCPU_STORES(%r5)
	alr	%r1, %r2
	xr	%r1, %r8
	chi	%r6, PHASE_HOT
	je	atomic
	st	%r8, VCPU_CURRENT(%r5)
	st	%r1, 0(%r8,%r3)
	j	witness
atomic:	/* aligned, as the instruction wants it */
	nill	%r8, 0xfffc
	st	%r8, VCPU_CURRENT(%r5)
	la	%r9, 0(%r8,%r3)
	laal	%r0, %r1, 0(%r9)

witness:
	srlg	%r9, %r8, 12
	mviy	GUEST_WITNESS(%r9), 1
	la	%r9, 3(%r8)
	srlg	%r9, %r9, 12
	mviy	GUEST_WITNESS(%r9), 1
	l	%r1, VCPU_STORES(%r5)
	ahi	%r1, 1
	st	%r1, VCPU_STORES(%r5)

	sllg	%r9, %r6, 2
	ly	%r1, CTL_DELAY(%r9)
	ltr	%r1, %r1
	je	guest_start
1:	brct	%r1, 1b
	j	guest_start

	/*
	 * The I/O new PSW's: no instruction, which ends KVM_RUN. The VMM does what LPSWE
	 * of the old PSW would: without SIE it would be the host's that is loaded.
	 */
	.globl	guest_interrupted
guest_interrupted:
	.short	0

	.globl	guest_end
guest_end:

	.section .note.GNU-stack, "", @progbits
