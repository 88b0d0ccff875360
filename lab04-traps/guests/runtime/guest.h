/* SPDX-License-Identifier: MIT */
/* The runtime of probe guests: console, hypercalls and exceptions. */
#ifndef GUEST_H
#define GUEST_H

#include <stdint.h>

#include "hvc.h"
#include "printf.h"

/* The guest's program. When it returns, the VM is switched off. */
void main(void);

/*
 * Handle an exception at EL1: vector slot, ESR_EL1, and the address to resume at,
 * which the handler may change. The default one reports it and switches the VM off.
 */
void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr);

/* Switch this VM off: PSCI SYSTEM_OFF. */
_Noreturn void guest_off(void);

#endif
