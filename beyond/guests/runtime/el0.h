/* SPDX-License-Identifier: MIT */
/* Programs of a few instructions for EL0. All end with an exception. el0.S */
#ifndef EL0_H
#define EL0_H

#include <stdint.h>

/* ERET to `pc` with `spsr` and x0. Does not return; call it inside of attempt(). */
_Noreturn void el0_enter(uint64_t pc, uint64_t x0, uint64_t spsr);

/* Run these at their address in ALIAS_EL0_CODE. */
extern char el0_svc[], el0_brk[], el0_udf[], el0_hvc[], el0_smc[];	/* that instruction */
extern char el0_sctlr[], el0_ctr[], el0_cntvct[];	/* MRS x1 of that register */
extern char el0_daifset[], el0_wfi[];
extern char el0_increment[];	/* add 1 to the word at x0, then SVC */
extern char el0_spin[];		/* until an interrupt */

#endif
