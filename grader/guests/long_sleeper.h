/* SPDX-License-Identifier: MIT */
/*
 * The program of the three long_sleeper guests, which differ in the timer that they
 * wait for at the end.
 */
#ifndef LONG_SLEEPER_H
#define LONG_SLEEPER_H

#include "guest.h"
#include "guest_irq.h"
#include "guest_time.h"
#include "hypercall.h"

#define SLEEPS		5
#define SLEEP_US	3700
#define CALLS		3000

/* If each exit restarted the slice, the turn would not end before the last call. */
static inline void sleep_and_call(const char *name)
{
	irq_init();
	for (unsigned int n = 0; n < SLEEPS; n++)
		sleep_us(SLEEP_US);
	for (unsigned int n = 0; n < CALLS; n++)
		hvc(HVC_VIRTUAL_TIME, 0);
	printf("%s: %d sleeps, %d calls\n", name, SLEEPS, CALLS);
}

/* Wait for an interrupt that cannot come: EL2 should stop this VM. */
static inline void wait_in_vain(const char *name)
{
	guest_isb();
	__asm__ volatile("wfi" ::: "memory");
	printf("%s: woken by a timer that cannot fire\n", name);
}

#endif
