// SPDX-License-Identifier: MIT
/*
 * Sleep twice and print nothing. This makes EL2 do all that it does for a guest, in few
 * instructions, for a boot whose instructions are logged one by one.
 */
#include "guest.h"
#include "guest_irq.h"
#include "guest_time.h"

#define SLEEPS		2
#define SLEEP_US	300	/* slices of the others */

void main(void)
{
	irq_init();
	for (unsigned int n = 0; n < SLEEPS; n++)
		sleep_us(SLEEP_US);
}
