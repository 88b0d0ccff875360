/* SPDX-License-Identifier: MIT */
/* For the open task of lab 5: each vCPU has a share of the core. */
#ifndef SHARES_H
#define SHARES_H

#include "vcpu.h"

#define SHARE_MIN	1U
#define SHARE_MAX	1000U
#define SHARE_DEFAULT	100U

/*
 * Set the share of `vcpu`, SHARE_MIN to SHARE_MAX, from now on, also while it sleeps or
 * waits; what it owes counts by the new share. Call it after context_create(): before the
 * first turn, or from a trap handler while a vCPU runs. A new vCPU has SHARE_DEFAULT.
 */
void sched_set_share(struct vcpu *vcpu, unsigned int share);

#endif
