// SPDX-License-Identifier: GPL-2.0
/*
 * Record what invalidates segment entries.
 */
#include <linux/pgtable.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <asm/lowcore.h>
#include <asm/setup.h>

#include "soft_tlb.h"

/* Of the task that began; others go past it. */
static struct soft_tlb *recording;
static struct task_struct *recorder;

static bool record(const struct soft_tlb_op *op)
{
	struct soft_tlb *tlb = READ_ONCE(recording);

	if (!tlb || recorder != current || in_interrupt())
		return false;
	if (tlb->nr < SOFT_TLB_MAX)
		tlb->ops[tlb->nr] = *op;
	tlb->nr++;
	return true;
}

bool soft_tlb_idte(pmd_t *pmdp, unsigned long addr, unsigned long opt,
		   unsigned long asce, int local)
{
	const struct soft_tlb_op op = {
		.entry = pmdp, .addr = addr, .opt = opt, .asce = asce,
		.local = local == IDTE_LOCAL,
	};
	struct soft_tlb *tlb = recording;

	if (!record(&op))
		return false;
	WRITE_ONCE(recording, NULL);
	__pmdp_idte(addr, pmdp, 0, 0, IDTE_GLOBAL);
	WRITE_ONCE(recording, tlb);
	return true;
}

void soft_tlb_csp(pmd_t *pmdp)
{
	const struct soft_tlb_op op = { .csp = true, .entry = pmdp };

	record(&op);
}

void soft_tlb_ipte(void)
{
	struct soft_tlb *tlb = READ_ONCE(recording);

	if (tlb && recorder == current && !in_interrupt())
		tlb->iptes++;
}

void soft_tlb_record(struct soft_tlb *tlb)
{
	tlb->nr = 0;
	tlb->iptes = 0;
	recorder = current;
	WRITE_ONCE(recording, tlb);
}

void soft_tlb_stop(void)
{
	WRITE_ONCE(recording, NULL);
}

void soft_tlb_pretend(struct soft_tlb *tlb, unsigned long set, unsigned long clear)
{
	struct lowcore *lc = get_lowcore();

	tlb->flags = lc->machine_flags;
	lc->machine_flags = (lc->machine_flags | set) & ~clear;
	soft_tlb_record(tlb);
}

void soft_tlb_be_honest(struct soft_tlb *tlb)
{
	soft_tlb_stop();
	get_lowcore()->machine_flags = tlb->flags;
}
