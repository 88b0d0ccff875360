// SPDX-License-Identifier: MIT
/*
 * A guest for lab 5 that nods off and wakes up, and says nothing: all that EL2 does
 * for a guest, in few instructions, for a boot that is logged one by one.
 */
#include "guest.h"
#include "guest_irq.h"
#include "nap.h"

#define NODS	2
#define NOD_US	300	/* slices of the others */

void main(void)
{
	irq_init();
	for (unsigned int n = 0; n < NODS; n++)
		nap(NOD_US);
}
