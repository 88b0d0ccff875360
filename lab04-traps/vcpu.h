/* SPDX-License-Identifier: MIT */
/*
 * A virtual CPU, and the world switch. Three tiers of state:
 *
 *   every exit	x0 to x30, in `x`, by guest_vectors;
 *   on demand	ESR_EL2, FAR_EL2, HPFAR_EL2, read by the handlers that need them;
 *   on switch	ELR_EL2, SPSR_EL2 and the state of EL1: in the registers while the
 *		vCPU is loaded (this_cpu()->loaded), otherwise in memory.
 */
#ifndef VCPU_H
#define VCPU_H

/* Offsets into struct vcpu, for world_switch.S. */
#define VCPU_X(n)	((n) * 8)
#define VCPU_HYP_SP	248

/* Why guest_enter() returned. */
#define EXIT_SYNC	0	/* ESR_EL2 has the details */
#define EXIT_IRQ	1
#define EXIT_FIQ	2
#define EXIT_SERROR	3

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include "esr.h"
#include "vm.h"

/* Exits are counted by class: ESR_EL2.EC, 0 to EC_COUNT - 1, or one of these. */
enum {
	EXIT_CLASS_IRQ = EC_COUNT,
	EXIT_CLASS_FIQ,
	EXIT_CLASS_SERROR,
	EXIT_CLASSES,		/* how many there are */
};

enum vcpu_state {
	VCPU_RUNNABLE,
	VCPU_BLOCKED,		/* in WFI (lab 5) */
	VCPU_STOPPED,		/* never runs again */
};

struct context;			/* lab 5: the state that moves on a switch */

struct vcpu {
	uint64_t x[31];		/* while the guest runs, SP_EL2 points here */
	uint64_t hyp_sp;	/* EL2's own SP during that time */
	struct vm *vm;
	struct context *context;
	struct vcpu *next;	/* in the ring of all vCPUs */
	enum vcpu_state state;
	unsigned int id;
	uint64_t exits[EXIT_CLASSES];
} __attribute__((aligned(16)));	/* as an SP must be */

_Static_assert(offsetof(struct vcpu, x) == VCPU_X(0) &&
	       offsetof(struct vcpu, hyp_sp) == VCPU_HYP_SP,
	       "world_switch.S relies on this layout");
_Static_assert(offsetof(struct vcpu, vm) == 256 &&
	       offsetof(struct vcpu, context) == 264 &&
	       offsetof(struct vcpu, state) == 280 &&
	       offsetof(struct vcpu, exits) == 288 &&
	       sizeof(struct vcpu) == 832,
	       "grader/model/vcpu.py relies on this layout");
_Static_assert(VCPU_RUNNABLE == 0 && VCPU_BLOCKED == 1 && VCPU_STOPPED == 2,
	       "grader/model/vcpu.py relies on these values");

/* The class of an exit for `reason` (EXIT_*) with `esr` in ESR_EL2. */
static inline unsigned int exit_class(unsigned int reason, uint64_t esr)
{
	return reason == EXIT_SYNC ? esr_ec(esr) : EXIT_CLASS_IRQ + reason - EXIT_IRQ;
}

/* Create a runnable vCPU of `vm`. NULL if there are VM_MAX already. */
struct vcpu *vcpu_create(struct vm *vm);

/*
 * The newest vCPU, or NULL if there is none. Its `next` is the first vCPU; following
 * `next` visits all of them.
 */
struct vcpu *vcpu_ring(void);

/*
 * Set the controls for all guests: HCR_EL2, CPTR_EL2, VBAR_EL2. Call once, when EL2
 * itself is set up.
 */
void guest_config(void);

/*
 * Load `vcpu` for its first entry: its VM's stage 2 active, EL1's registers as
 * after a reset, the entry point in ELR_EL2, virtual time 0 now.
 */
void vcpu_start(struct vcpu *vcpu);

/*
 * Run the loaded vCPU until it exits. Return the reason, EXIT_*. Then its x0 to x30
 * are in `vcpu->x` and all its other state is still in the registers.
 */
unsigned int guest_enter(struct vcpu *vcpu);

/* The vector table for exceptions from guests. Those from EL2 go to lab 1's table. */
extern const char guest_vectors[];

/*
 * Check the state that the first ERET to this vCPU relies on. Panic with a message
 * that names the first wrong value. Given.
 */
void entry_check(const struct vcpu *vcpu);
#endif

#endif
