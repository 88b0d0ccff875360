/* SPDX-License-Identifier: MIT */
/*
 * LR0: the virtual timer's interrupt, PPI 27. It is linked to the physical one (ICH_LR.HW),
 * which stays active from when EL2 takes it until the guest deactivates the virtual one.
 *
 * If the guest does not let it through, EL2 holds the physical interrupt active without a list
 * register, or the line would interrupt forever. All functions run on the loaded vCPU's
 * core; timer_list_fold() and _fill() with its GIC lock.
 */
#ifndef TIMER_LIST_H
#define TIMER_LIST_H

#include "guest.h"

/* Take LR0 back if it is pending: EL2 holds the interrupt until timer_list_fill(). */
void timer_list_fold(struct vcore *vcore);

/* If gic_holds_timer(): show it if the guest lets it through now. */
void timer_list_fill(struct vcore *vcore);

/* The guest deactivates INTID 27 by a register of its redistributor, or by ICC_DIR_EL1. */
void timer_list_deactivate(void);

/* The vCPU goes off, or another one will be loaded. */
void timer_list_turn_off(void);
void timer_list_unload(void);

#endif
