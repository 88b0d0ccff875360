/* SPDX-License-Identifier: MIT */
/* What a secondary core copies from the first one, for secondary.S. */
#ifndef CORE_CONTROLS_H
#define CORE_CONTROLS_H

#define CONTROLS_CPTR	0
#define CONTROLS_MDCR	8
#define CONTROLS_MAIR	16
#define CONTROLS_TCR	24
#define CONTROLS_TTBR0	32
#define CONTROLS_SCTLR	40
#define CORE_STACK	16	/* in struct core */

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct core_controls {
	uint64_t cptr, mdcr, mair, tcr, ttbr0, sctlr;	/* of EL2 */
};

_Static_assert(offsetof(struct core_controls, cptr) == CONTROLS_CPTR &&
	       offsetof(struct core_controls, mdcr) == CONTROLS_MDCR &&
	       offsetof(struct core_controls, mair) == CONTROLS_MAIR &&
	       offsetof(struct core_controls, tcr) == CONTROLS_TCR &&
	       offsetof(struct core_controls, ttbr0) == CONTROLS_TTBR0 &&
	       offsetof(struct core_controls, sctlr) == CONTROLS_SCTLR,
	       "secondary.S relies on this layout");

extern struct core_controls core_controls;

/* Where PSCI CPU_ON lets a core begin, and where it goes from there. */
void secondary_start(void);
_Noreturn void core_main(struct core *core);
#endif

#endif
