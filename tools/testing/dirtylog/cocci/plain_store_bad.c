// SPDX-License-Identifier: GPL-2.0
#include "entry.h"

void age_by_setter(unsigned long *sptep)
{
	set_spte(sptep, *sptep & ~YOUNG); /* flagged */
}

void age_by_accessors(unsigned long *sptep)
{
	set_spte(sptep, read_spte(sptep) & ~YOUNG); /* flagged */
}

void age_by_once(unsigned long *sptep)
{
	WRITE_ONCE(*sptep, READ_ONCE(*sptep) & ~YOUNG); /* flagged */
}

void age_by_store(unsigned long *sptep)
{
	*sptep = *sptep & ~YOUNG; /* flagged */
}

void age_by_mask(unsigned long *sptep)
{
	*sptep &= ~YOUNG; /* flagged */
	*sptep |= HUGE; /* flagged */
}

void age_by_value(unsigned long *sptep)
{
	spte_val(*sptep) &= ~YOUNG; /* flagged */
	spte_val(*sptep) |= HUGE; /* flagged */
}

bool protect_by_setter(unsigned long *sptep)
{
	unsigned long spte = read_spte(sptep);

	if (!(spte & WRITABLE))
		return false;
	set_spte(sptep, spte & ~WRITABLE); /* flagged */
	return true;
}

bool protect_by_once(unsigned long *sptep)
{
	unsigned long spte;

	spte = READ_ONCE(*sptep);
	if (!(spte & WRITABLE))
		return false;
	WRITE_ONCE(*sptep, spte & ~WRITABLE); /* flagged */
	return true;
}

bool protect_by_store(unsigned long *sptep)
{
	unsigned long spte = *sptep;

	*sptep = spte & ~WRITABLE; /* flagged */
	return spte & WRITABLE;
}

bool protect_by_two(unsigned long *sptep)
{
	unsigned long old = read_spte(sptep);
	unsigned long new = old & ~WRITABLE;

	if (new != old)
		set_spte(sptep, new); /* flagged */
	return new != old;
}

bool protect_by_two_stores(unsigned long *sptep)
{
	unsigned long old, new;

	old = READ_ONCE(*sptep);
	new = old & ~WRITABLE;
	if (old & HUGE)
		*sptep = new; /* flagged */
	else
		WRITE_ONCE(*sptep, new); /* flagged */
	return new != old;
}
