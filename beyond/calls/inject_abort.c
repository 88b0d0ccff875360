// SPDX-License-Identifier: MIT
/*
 * An access that nothing answers: lab 4 stops the VM, here the guest gets what the bus of a
 * real machine would give it, a synchronous External abort. Arm ARM, "ISS encoding for an
 * exception from a Data Abort", "Synchronous External abort".
 */
#include "aperture.h"
#include "guest.h"
#include "traps.h"

/* EC for an abort from EL0; that from EL1 itself is one more. */
static uint64_t class_of(uint64_t esr, uint64_t spsr)
{
	return esr_ec(esr) + ((spsr & SPSR_M) == SPSR_M_EL0T ? 0 : 1);
}

/*
 * The syndrome that EL1 sees: WnR, CM and FnV as EL2 has them, and the fault status of an External
 * abort, on a walk with its level. The instruction's description (ISV and what it makes
 * valid) is for stage 2 only. EA is 0: it has no meaning of the architecture's.
 */
static uint64_t syndrome(uint64_t esr, uint64_t spsr)
{
	uint64_t iss = esr & (ISS_ABT_WNR | ISS_ABT_CM | ISS_ABT_FNV);

	if (esr & ISS_ABT_S1PTW)
		iss |= FSC_EXTERNAL_WALK | (esr & FSC_LEVEL);
	else
		iss |= FSC_EXTERNAL;
	return FIELD_PREP(ESR_ELx_EC, class_of(esr, spsr)) | ESR_ELx_IL | iss;
}

static bool is_translation_fault(uint64_t esr)
{
	return (esr & ISS_ABT_FSC & ~FSC_LEVEL) == FSC_TRANSLATION;
}

enum trap_result abort_refuse(struct vcpu *vcpu, uint64_t esr,
			      const struct aperture *aperture, uint64_t ipa)
{
	/* Another vCPU may have split a block: invalid, invalidate, a table. Then try again. */
	if (!aperture && is_translation_fault(esr) && memory_is_at(guest_of(vcpu->vm), ipa))
		return TRAP_RESUME;
	write_sysreg(far_el1, read_sysreg(far_el2));
	inject_exception(syndrome(esr, read_sysreg(spsr_el2)));
	return TRAP_RESUME;
}
