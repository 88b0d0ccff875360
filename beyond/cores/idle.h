/* SPDX-License-Identifier: MIT */
/* A core with nothing to run. */
#ifndef IDLE_H
#define IDLE_H

#include <stdbool.h>
#include <stdint.h>

/* How many VMs have not ended. 0: every core leaves its scheduler. */
unsigned int idle_guests(void);

/* A VM begins, before the cores run; a VM has ended. */
void idle_guest_begins(void);
void idle_guest_ended(void);

/*
 * Sleep until `deadline`, an interrupt, or word from another core. Return the time after.
 * If every core sleeps without a deadline and none has left word, nothing will ever
 * happen again: then every VM is ended.
 */
uint64_t idle_until(uint64_t deadline, uint64_t now);

/* A physical interrupt that needs no vCPU: handled, and ended. In sched.c. */
void sched_interrupt(unsigned int intid);

#endif
