/* SPDX-License-Identifier: MIT */
/* Waiting of vCPUs, and what the scheduler has to know of their emulated timers. */
#ifndef WAIT_H
#define WAIT_H

#include "traps.h"

/*
 * Let the loaded vCPU wait for an interrupt, as its WFI does: TRAP_RESUME if there is one
 * already, else it is blocked and the result is TRAP_RESCHEDULE. Skips no instruction.
 */
enum trap_result core_wait(struct vcpu *vcpu);

/*
 * The loaded vCPU has changed an emulated timer: this core's own timer, CNTHP, must fire for
 * it.
 */
void core_timer_changed(struct vcpu *vcpu);

#endif
