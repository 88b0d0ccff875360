/* SPDX-License-Identifier: MIT */
/* What a probe guest has: a console, hypercalls, and its exceptions. */
#ifndef GUEST_H
#define GUEST_H

#include <stdint.h>

#include "hvc.h"
#include "printf.h"

/* The guest's program. When it returns, the VM is switched off. */
void main(void);

/*
 * An exception at EL1: vector slot, ESR_EL1, and where it will go on. The one
 * in the runtime reports it and gives up.
 */
void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr);

/* PSCI SYSTEM_OFF for this VM. */
_Noreturn void guest_off(void);

#endif
