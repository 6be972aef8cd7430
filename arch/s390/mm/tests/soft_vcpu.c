// SPDX-License-Identifier: GPL-2.0
/*
 * A software vCPU.
 */
#include <linux/irqflags.h>
#include <linux/uaccess.h>
#include <asm/asm-extable.h>
#include <asm/lowcore.h>
#include <asm/ptrace.h>

#include "soft_vcpu.h"

void soft_vcpu_enter(struct soft_vcpu_session *s, unsigned long asce)
{
	struct ctlreg guest = { .val = asce };

	local_irq_save(s->flags);
	pagefault_disable();
	s->teid.val = 0;
	local_ctl_store(7, &s->cr7);
	local_ctl_load(7, &guest);
}

void soft_vcpu_leave(struct soft_vcpu_session *s)
{
	local_ctl_load(7, &s->cr7);
	pagefault_enable();
	local_irq_restore(s->flags);
}

/*
 * MVCOS of a word, under the operand-access control in general register 0. The
 * exception may be found at the instruction or behind it: protection suppresses,
 * translation exceptions nullify.
 */
static unsigned int move_word(struct soft_vcpu_session *s, union oac spec,
			      void *to, const void *from)
{
	unsigned long size = sizeof(u32);
	int rc;

	asm volatile("	lgr	%%r0,%[spec]\n"
		"0:	mvcos	0(%[to]),0(%[from]),%[size]\n"
		"1:	lhi	%[rc],0\n"
		"2:\n"
		EX_TABLE_UA_STORE(0b, 2b, %[rc])
		EX_TABLE_UA_STORE(1b, 2b, %[rc])
		: [rc] "=&d" (rc)
		: [spec] "d" ((unsigned long)spec.val), [to] "a" (to),
		  [from] "a" (from), [size] "d" (size)
		: "cc", "memory", "0");
	if (!rc)
		return 0;
	/* Interrupts are off: the lowcore still has what the last one stored. */
	s->teid.val = get_lowcore()->trans_exc_code;
	return get_lowcore()->pgm_code & 0x7f;
}

unsigned int soft_vcpu_store(struct soft_vcpu_session *s, unsigned long gaddr,
			     u32 value)
{
	union oac spec = {
		.oac1.as = PSW_BITS_AS_SECONDARY,
		.oac1.a = 1,
	};

	return move_word(s, spec, (void *)gaddr, &value);
}

unsigned int soft_vcpu_load(struct soft_vcpu_session *s, unsigned long gaddr,
			    u32 *value)
{
	union oac spec = {
		.oac2.as = PSW_BITS_AS_SECONDARY,
		.oac2.a = 1,
	};

	return move_word(s, spec, value, (void *)gaddr);
}
