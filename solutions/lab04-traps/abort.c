// SPDX-License-Identifier: MIT
/*
 * Stage-2 aborts of guests. EL2 emulates accesses to an aperture; any other abort
 * is refused.
 */
#include "aperture.h"
#include "guest_memory.h"
#include "traps.h"

#define NO_IPA	UINT64_MAX	/* in no aperture, in no VM's memory */

/*
 * The IPA that faulted, or NO_IPA. HPFAR_EL2 has its page, but only for translation
 * and access flag faults and for faults on a stage-1 walk (Arm ARM, "HPFAR_EL2");
 * otherwise the MMU must walk stage 1 again. The page offset comes from FAR_EL2, a
 * virtual address, because stage 1 does not change those bits. For a fault on a
 * stage-1 walk, FAR_EL2 has the address being translated, whose offset is irrelevant.
 */
static inline uint64_t fault_ipa(uint64_t esr)
{
	/* HOLE(lab04.7): The page from HPFAR_EL2, the offset from FAR_EL2. */
	uint64_t far = read_sysreg(far_el2);
	uint64_t page = FIELD_GET(HPFAR_EL2_FIPA, read_sysreg(hpfar_el2)) << PAGE_SHIFT;
	uint64_t ipa;

	if (esr & ISS_ABT_S1PTW)
		return page;
	/* The walk fails if the guest changed its tables and the TLB is stale. */
	if ((FIELD_GET(ISS_ABT_FSC, esr) & FSC_TYPE) == FSC_PERMISSION)
		return guest_va_to_ipa(far, &ipa) ? NO_IPA : ipa;
	return page | far % PAGE_SIZE;
	/* END(lab04.7) */
}

/* The size of the access in bytes. */
static inline uint64_t access_size(uint64_t esr)
{
	/* HOLE(lab04.7): From SAS. */
	return U64(1) << FIELD_GET(ISS_ABT_SAS, esr);
	/* END(lab04.7) */
}

/* Perform the load or store that ISS describes on an emulated device. */
static enum trap_result emulate(struct vcpu *vcpu, uint64_t esr,
				const struct aperture *aperture, uint64_t offset)
{
	/* HOLE(lab04.7): Register, direction and sign from ISS; then skip the instruction. */
	uint64_t size = access_size(esr);
	uint64_t rt = FIELD_GET(ISS_ABT_SRT, esr);
	unsigned int unused = 64 - 8 * size;	/* high bits not accessed */
	uint64_t value;

	if (esr & ISS_ABT_WNR) {
		value = vcpu_read_x(vcpu, rt) << unused >> unused;
		aperture->ops->write(aperture->device, offset, size, value);
	} else {
		value = aperture->ops->read(aperture->device, offset, size);
		if (esr & ISS_ABT_SSE)
			value = (int64_t)(value << unused) >> unused;
		else
			value = value << unused >> unused;
		if (!(esr & ISS_ABT_SF))
			value = (uint32_t)value;	/* a write to Wt */
		vcpu_write_x(vcpu, rt, value);
	}
	trap_skip_instruction();
	return TRAP_RESUME;
	/* END(lab04.7) */
}

enum trap_result data_abort_handle(struct vcpu *vcpu, uint64_t esr)
{
	/* HOLE(lab04.7): Emulate an access to an aperture if possible; refuse all others. */
	uint64_t ipa = fault_ipa(esr);
	const struct aperture *aperture = aperture_find(vcpu->vm, ipa, access_size(esr));

	/* ISV is 0 for a walk of stage 1 (Arm ARM, "ISS encoding for a Data Abort"). */
	if (aperture && (esr & ISS_ABT_ISV))
		return emulate(vcpu, esr, aperture, ipa - aperture->ipa);
	return abort_refuse(vcpu, esr, aperture, ipa);
	/* END(lab04.7) */
}

enum trap_result instruction_abort_handle(struct vcpu *vcpu, uint64_t esr)
{
	return abort_refuse(vcpu, esr, NULL, fault_ipa(esr));
}
