/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest without a kernel that uses EDAT1, for qemu-edat1.py: stores through a
 * segment entry that is a large page, and fails to store through one that is
 * protected. Ends in a disabled wait. The address in its PSW is 0xed1, or the number
 * of the step that went wrong.
 */
#define PGM_CODE	0x8e
#define FACILITIES	0xc8
#define PGM_NEW_PSW	0x1d0
#define PROTECTION	4
#define CR0_EDAT	0x80		/* in byte 5 */
#define PSW_REAL	0x0000000180000000
#define PSW_DAT		0x0400000180000000
#define PSW_WAIT	0x0002000180000000
#define SEGMENT_FC	0x400
#define SEGMENT_P	0x200
#define SEGMENT_I	0x20

	.text
	.globl	_start
_start:
	/* 1: the CPU announces it. */
	lghi	%r15,1
	larl	%r1,psw_end
	mvc	PGM_NEW_PSW(16),0(%r1)
	stfl	0
	tm	FACILITIES+1,0x80
	jz	end

	/* 2: all pages of a large segment, under DAT. */
	lghi	%r15,2
	larl	%r1,control
	stctg	%c0,%c0,0(%r1)
	oi	5(%r1),CR0_EDAT
	lctlg	%c0,%c1,0(%r1)
	larl	%r1,psw_store
	lpswe	0(%r1)
store:
	lghi	%r2,256
	llilh	%r3,0x10
0:	stg	%r3,8(%r3)
	aghi	%r3,4096
	brctg	%r2,0b
	larl	%r1,psw_compare
	lpswe	0(%r1)

	/* 3: they are where the entry says. */
compare:
	lghi	%r15,3
	lghi	%r2,256
	llilh	%r3,0x10
	llilh	%r4,0x30
0:	cg	%r3,8(%r4)
	jne	end
	aghi	%r3,4096
	aghi	%r4,4096
	brctg	%r2,0b

	/* 4: a protected segment: no store, but a program check. */
	lghi	%r15,4
	larl	%r1,psw_denied
	mvc	PGM_NEW_PSW(16),0(%r1)
	larl	%r1,psw_protected
	lpswe	0(%r1)
protected:
	llilh	%r3,0x20
	stg	%r3,8(%r3)
	j	end
denied:
	clhhsi	PGM_CODE,PROTECTION
	jne	end
	llilh	%r4,0x40
	ltg	%r2,8(%r4)
	jne	end
	lghi	%r15,0xed1
end:
	larl	%r1,psw_wait
	stg	%r15,8(%r1)
	lpswe	0(%r1)

	.balign	8
control:
	.quad	0, table
psw_wait:
	.quad	PSW_WAIT, 0
psw_end:
	.quad	PSW_REAL, end
psw_store:
	.quad	PSW_DAT, store
psw_compare:
	.quad	PSW_REAL, compare
psw_protected:
	.quad	PSW_DAT, protected
psw_denied:
	.quad	PSW_REAL, denied

	.balign	4096
table:
	.quad	SEGMENT_FC			/* this program */
	.quad	SEGMENT_FC | 0x300000
	.quad	SEGMENT_FC | SEGMENT_P | 0x400000
	.fill	509, 8, SEGMENT_I
