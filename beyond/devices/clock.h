/* SPDX-License-Identifier: MIT */
/*
 * A VM's PL031, the real-time clock, with its alarm. It begins at the time of the machine's own
 * PL031 and counts the seconds of EL2's counter. Arm DDI 0224.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "fdt.h"
#include "lock.h"

struct guest;

struct clock {
	struct lock lock;		/* of all this */
	bool exists;
	bool line_up;
	unsigned int intid;		/* its SPI */
	uint32_t match, load;		/* RTCMR, RTCLR */
	uint32_t offset;		/* its time less the machine's, in seconds */
	uint32_t imsc, ris;
	uint64_t due;			/* when the alarm is, in physical ticks; VTIMER_NEVER */
};

/* Read the machine's clock. Once, before the first VM. Panics if it cannot be mapped. */
void clock_init(void);

/* Create it where the node ("arm,pl031") says. Errors as console_create(). */
int clock_create(struct guest *guest, const struct fdt *fdt, uint32_t node);

/* Its state after a reset. */
void clock_reset(struct guest *guest);

/*
 * When the alarm interrupts, as a value of CNTPCT_EL0, or VTIMER_NEVER; and let it, if it is
 * due at `now`. The core of vCPU 0 asks, whatever vCPU 0 does.
 */
uint64_t clock_deadline(const struct guest *guest);
void clock_update(struct guest *guest, uint64_t now);

#endif
