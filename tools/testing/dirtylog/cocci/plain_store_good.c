// SPDX-License-Identifier: GPL-2.0
#include "entry.h"

bool protect_by_cmpxchg(unsigned long *sptep)
{
	unsigned long spte = READ_ONCE(*sptep);

	return cmpxchg(sptep, spte, spte & ~WRITABLE) == spte;
}

/* Nobody looks at an entry that is out of the table, or out of the TLBs. */
void protect_by_xchg(unsigned long *sptep)
{
	unsigned long spte = xchg(sptep, 0);

	set_spte(sptep, spte & ~WRITABLE);
}

void protect_by_ipte(unsigned long *sptep)
{
	unsigned long spte = *sptep;

	spte_ipte(sptep);
	set_spte(sptep, spte & ~WRITABLE);
}

void protect_by_two(unsigned long *sptep)
{
	unsigned long old = *sptep;
	unsigned long new = old & ~WRITABLE;

	spte_ipte(sptep);
	set_spte(sptep, new);
}

void protect_in_two_steps(unsigned long *sptep)
{
	unsigned long old, new;

	old = *sptep;
	spte_ipte(sptep);
	new = old & ~WRITABLE;
	set_spte(sptep, new);
}

/* Made of something else, in a variable that has had the old value. */
void map_again(unsigned long *sptep, unsigned long frame)
{
	unsigned long spte = READ_ONCE(*sptep);

	if (spte & HUGE)
		return;
	spte = to_spte(frame);
	set_spte(sptep, spte);
}

void map_again_by_two(unsigned long *sptep, unsigned long frame)
{
	unsigned long old, new;

	old = READ_ONCE(*sptep);
	new = old & HUGE;
	if (new)
		return;
	new = to_spte(frame);
	set_spte(sptep, new);
}

void map_by_two(unsigned long *sptep, unsigned long frame)
{
	unsigned long old, new;

	old = READ_ONCE(*sptep);
	if (old & HUGE)
		return;
	old = to_spte(frame);
	new = old | WRITABLE;
	set_spte(sptep, new);
}

/* Made of something else. */
void map(unsigned long *sptep, unsigned long frame)
{
	unsigned long old = READ_ONCE(*sptep);

	if (!old)
		set_spte(sptep, to_spte(frame));
}

/* A new table, which nobody knows. */
void split(unsigned long *sptep, unsigned long *ptes)
{
	unsigned long spte = READ_ONCE(*sptep);
	unsigned long i;

	for (i = 0; i < 4; i++)
		set_spte(&ptes[i], spte & ~HUGE);
}

/* Not an entry. */
void count(unsigned long *counter)
{
	*counter |= 1;
	*counter = *counter + 1;
}
