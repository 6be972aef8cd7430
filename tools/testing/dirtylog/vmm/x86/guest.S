/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each vCPU of the guest runs: flat 32-bit protected mode, for ever.
 *
 *	esi	xorshift32 state, never 0	edi	first byte of the data slot
 *	ebx	cursor of the dense sweep	ebp	this vCPU's line
 *
 * One turn is: pick a page as the phase says, announce the store, store a value
 * that has not been there before, say so in the witness map, count the store.
 * The order matters: whoever sees the witness byte knows that the store is done,
 * and whoever sees the count move knows that the store before is witnessed.
 */
#include "layout.h"

	.section .rodata
	.balign	16
	.code32
	.globl	guest_start
guest_start:
	mov	%esi, %eax
	shl	$13, %eax
	xor	%eax, %esi
	mov	%esi, %eax
	shr	$17, %eax
	xor	%eax, %esi
	mov	%esi, %eax
	shl	$5, %eax
	xor	%eax, %esi

	/* edx = page: the high bits of esi choose it, the low bits the offset */
	mov	CTL_PHASE, %ecx
	cmp	$PHASE_DENSE, %ecx
	je	dense
	ja	hot
	mov	%esi, %eax
	mull	CTL_NPAGES
	jmp	offset
dense:
	inc	%ebx
	cmp	CTL_NPAGES, %ebx
	jb	1f
	xor	%ebx, %ebx
1:	mov	%ebx, %edx
	jmp	offset
hot:
	mov	%esi, %eax
	mull	CTL_HOT_PAGES
	add	CTL_HOT_FIRST, %edx

	/* edx = byte offset in the slot; a store may straddle two pages */
offset:
	shl	$12, %edx
	mov	%esi, %eax
	and	$0xfff, %eax
	or	%eax, %edx
	cmp	CTL_LIMIT, %edx
	jbe	1f
	mov	CTL_LIMIT, %edx
1:
	mov	VCPU_STORES(%ebp), %eax
	add	%esi, %eax
	xor	%edx, %eax
	cmp	$PHASE_HOT, %ecx
	je	atomic
	mov	%edx, VCPU_CURRENT(%ebp)
	mov	%eax, (%edi,%edx)
	jmp	witness
atomic:	/* aligned, because a split lock may trap on the real thing */
	and	$~3, %edx
	mov	%edx, VCPU_CURRENT(%ebp)
	lock addl %eax, (%edi,%edx)

witness:
	mov	%edx, %eax
	shr	$12, %eax
	movb	$1, GUEST_WITNESS(%eax)
	lea	3(%edx), %eax
	shr	$12, %eax
	movb	$1, GUEST_WITNESS(%eax)
	addl	$1, VCPU_STORES(%ebp)

	mov	CTL_DELAY(,%ecx,4), %eax
	test	%eax, %eax
	jz	guest_start
1:	dec	%eax
	jnz	1b
	jmp	guest_start

	.globl	guest_end
guest_end:
	.code64

	.section .note.GNU-stack, "", @progbits
