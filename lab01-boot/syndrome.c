// SPDX-License-Identifier: MIT
/* The names of syndromes and vector slots, and the fix-up of probes. */
#include <stdbool.h>

#include "bits.h"
#include "esr.h"
#include "exception.h"
#include "probe.h"
#include "sysreg.h"

/* Arm ARM, "ESR_EL2", the table of exception classes. */
static const char *const ec_names[EC_COUNT] = {
	[EC_UNKNOWN]	= "unknown reason",
	[EC_WFX]	= "WFx trapped",
	[EC_FP]		= "FP/SIMD access trapped",
	[EC_PAUTH]	= "pointer authentication trapped",
	[EC_LS64]	= "64-byte load or store trapped",
	[EC_BTI]	= "branch target exception",
	[EC_ILLEGAL]	= "illegal execution state",
	[EC_SVC64]	= "SVC64",
	[EC_HVC64]	= "HVC64",
	[EC_SMC64]	= "SMC64",
	[EC_SYSREG]	= "system register access trapped",
	[EC_SVE]	= "SVE access trapped",
	[EC_TSTART]	= "TSTART trapped",
	[EC_SME]	= "SME access trapped",
	[EC_IABT_LOWER]	= "instruction abort from a lower EL",
	[EC_IABT_SAME]	= "instruction abort from the same EL",
	[EC_PC_ALIGN]	= "PC alignment fault",
	[EC_DABT_LOWER]	= "data abort from a lower EL",
	[EC_DABT_SAME]	= "data abort from the same EL",
	[EC_SP_ALIGN]	= "SP alignment fault",
	[EC_SERROR]	= "SError",
	[EC_BRK64]	= "BRK64",
};

const char *esr_ec_name(unsigned int ec)
{
	return ec < EC_COUNT && ec_names[ec] ? ec_names[ec] : "reserved";
}

const char *esr_fsc_name(uint64_t esr)
{
	uint64_t fsc = FIELD_GET(ISS_ABT_FSC, esr);

	if (fsc == FSC_ALIGNMENT)
		return "alignment fault";
	if (fsc == FSC_TLB_CONFLICT)
		return "TLB conflict abort";
	if (fsc == FSC_EXTERNAL)
		return "external abort";
	switch (fsc & FSC_TYPE) {
	case FSC_ADDR_SIZE:	return "address size fault";
	case FSC_TRANSLATION:	return "translation fault";
	case FSC_ACCESS_FLAG:	return "access flag fault";
	case FSC_PERMISSION:	return "permission fault";
	case FSC_EXTERNAL_WALK:	return "external abort on a table walk";
	default:		return "other fault";
	}
}

bool esr_fsc_has_level(uint64_t esr)
{
	uint64_t fsc = FIELD_GET(ISS_ABT_FSC, esr);

	return fsc < FSC_EXTERNAL || (fsc & FSC_TYPE) == FSC_EXTERNAL_WALK;
}

const char *exception_slot_name(uint64_t slot)
{
	static const char *const names[16] = {
		"current EL with SP_EL0, synchronous",
		"current EL with SP_EL0, IRQ",
		"current EL with SP_EL0, FIQ",
		"current EL with SP_EL0, SError",
		"current EL with SP_ELx, synchronous",
		"current EL with SP_ELx, IRQ",
		"current EL with SP_ELx, FIQ",
		"current EL with SP_ELx, SError",
		"lower EL in AArch64, synchronous",
		"lower EL in AArch64, IRQ",
		"lower EL in AArch64, FIQ",
		"lower EL in AArch64, SError",
		"lower EL in AArch32, synchronous",
		"lower EL in AArch32, IRQ",
		"lower EL in AArch32, FIQ",
		"lower EL in AArch32, SError",
	};

	return slot < ARRAY_SIZE(names) ? names[slot] : "no such slot";
}

bool exception_fixup(struct exception_frame *frame)
{
	unsigned int ec = esr_ec(frame->esr);
	uint64_t insn;

	/*
	 * The frame alone decides where to return to and how, because an
	 * exception inside the handler would overwrite both registers. Clobber
	 * them now, so that code which still relies on them always fails.
	 */
	write_sysreg(elr_el2, 0);
	write_sysreg(spsr_el2, SPSR_M_EL2H);

	if (ec == EC_DABT_SAME)
		insn = frame->elr;
	else if (ec == EC_IABT_SAME)
		insn = frame->x[30];	/* where the call would have returned */
	else
		return false;

	for (const struct extable_entry *e = extable_start; e < extable_end; e++) {
		if (e->insn == insn) {
			frame->x[0] = frame->esr;
			frame->x[1] = frame->far;
			frame->elr = e->fixup;
			return true;
		}
	}
	return false;
}
