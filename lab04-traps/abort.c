// SPDX-License-Identifier: MIT
/*
 * Stage-2 aborts of guests. EL2 emulates accesses to an aperture; any other abort
 * is refused.
 */
#include "aperture.h"
#include "guest_memory.h"
#include "traps.h"
#include "todo.h"

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
	/* TODO(lab04.7): The page from HPFAR_EL2, the offset from FAR_EL2. */
	todo("lab04.7", "fault_ipa() in lab04-traps/abort.c, read lab04-traps/README.md#task-7");
	/* END(lab04.7) */
}

/* The size of the access in bytes. */
static inline uint64_t access_size(uint64_t esr)
{
	/* TODO(lab04.7): From SAS. */
	todo("lab04.7", "access_size() in lab04-traps/abort.c, read lab04-traps/README.md#task-7");
	/* END(lab04.7) */
}

/* Perform the load or store that ISS describes on an emulated device. */
static enum trap_result emulate(struct vcpu *vcpu, uint64_t esr,
				const struct aperture *aperture, uint64_t offset)
{
	/* TODO(lab04.7): Register, direction and sign from ISS; then skip the instruction. */
	todo("lab04.7", "emulate() in lab04-traps/abort.c, read lab04-traps/README.md#task-7");
	/* END(lab04.7) */
}

enum trap_result data_abort_handle(struct vcpu *vcpu, uint64_t esr)
{
	/* TODO(lab04.7): Emulate an access to an aperture if possible; refuse all others. */
	todo("lab04.7", "data_abort_handle() in lab04-traps/abort.c, read lab04-traps/README.md#task-7");
	/* END(lab04.7) */
}

enum trap_result instruction_abort_handle(struct vcpu *vcpu, uint64_t esr)
{
	return abort_refuse(vcpu, esr, NULL, fault_ipa(esr));
}
