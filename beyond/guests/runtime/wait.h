/* SPDX-License-Identifier: MIT */
/* Waiting with a limit: no check hangs on an answer that does not come. */
#ifndef WAIT_H
#define WAIT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Time for an effect between the GIC, a timer and a core to arrive. The architecture gives no
 * bound; this is more than a loaded host with a thread a core needs.
 */
#define EFFECT_US	20000
/* How long a check watches for something that must not happen. */
#define QUIET_US	50

/* The virtual counter, in ticks of CNTFRQ_EL0, read in program order. */
uint64_t wait_now(void);

/* Ticks in `us` microseconds, at least 1. */
uint64_t wait_ticks(uint64_t us);

/* Let `us` microseconds of virtual time pass, with YIELDs. */
void wait_us(uint64_t us);

/* Wait until condition(argument), at most `us` microseconds. False if it never held. */
bool wait_for(bool (*condition)(void *argument), void *argument, uint64_t us);

#endif
