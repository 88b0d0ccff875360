// SPDX-License-Identifier: MIT
/*
 * Aborts from a guest: stage 2 said no. In an aperture EL2 plays the device,
 * everywhere else the VM has gone too far.
 */
#include "aperture.h"
#include "guest_memory.h"
#include "traps.h"
#include "todo.h"

#define NO_IPA	UINT64_MAX	/* in no aperture, in no VM's memory */

/*
 * The IPA that was refused, or NO_IPA. HPFAR_EL2 has its page, but only for faults of
 * translation and access flag and for walks of stage 1 (Arm ARM, "HPFAR_EL2");
 * else the MMU is asked to walk stage 1 again. The offset in the page is in
 * FAR_EL2, a virtual address, as stage 1 does not change those bits; for a walk
 * of stage 1 FAR has the address being translated, whose offset means nothing.
 */
static inline uint64_t fault_ipa(uint64_t esr)
{
	/* TODO(lab04.6): The page from HPFAR_EL2, the offset from FAR_EL2. */
	todo("lab04.6", "fault_ipa() in lab04-traps/abort.c, read lab04-traps/README.md#task-6");
}

/* Bytes that the access has. */
static inline uint64_t access_size(uint64_t esr)
{
	/* TODO(lab04.6): From SAS. */
	todo("lab04.6", "access_size() in lab04-traps/abort.c, read lab04-traps/README.md#task-6");
}

/* Do the load or store that ISS describes, on a device of EL2's. */
static enum trap_result emulate(struct vcpu *vcpu, uint64_t esr,
				const struct aperture *aperture, uint64_t offset)
{
	/* TODO(lab04.6): Register, direction and sign from ISS; then on after it. */
	todo("lab04.6", "emulate() in lab04-traps/abort.c, read lab04-traps/README.md#task-6");
}

/* The VM has gone too far: say how. Out of line, as an emulated access is in a hurry. */
__attribute__((noinline))
static enum trap_result refuse(struct vcpu *vcpu, uint64_t esr,
			       const struct aperture *aperture, uint64_t ipa)
{
	const char *verb = esr & ISS_ABT_WNR ? "write" : "read";

	if (aperture)
		return trap_stop(vcpu, "%s of IPA 0x%lx, a device, without a valid syndrome",
				 verb, ipa);
	return trap_stop(vcpu, "%s%s of IPA 0x%lx, VA 0x%lx: stage-2 %s", verb,
			 esr & ISS_ABT_S1PTW ? " by a table walk" : "", ipa,
			 read_sysreg(far_el2), esr_fsc_name(esr));
}

enum trap_result data_abort_handle(struct vcpu *vcpu, uint64_t esr)
{
	/* TODO(lab04.6): Emulate what lies in an aperture and can be; refuse the rest. */
	todo("lab04.6", "data_abort_handle() in lab04-traps/abort.c, read lab04-traps/README.md#task-6");
}

enum trap_result instruction_abort_handle(struct vcpu *vcpu, uint64_t esr)
{
	return trap_stop(vcpu, "instruction fetch from IPA 0x%lx: stage-2 %s",
			 fault_ipa(esr), esr_fsc_name(esr));
}
