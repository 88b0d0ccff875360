// SPDX-License-Identifier: MIT
/* What EL2 does with an abort that it cannot emulate: stop the VM with a report. */
#include "aperture.h"
#include "traps.h"

enum trap_result abort_refuse(struct vcpu *vcpu, uint64_t esr,
			      const struct aperture *aperture, uint64_t ipa)
{
	const char *verb = esr & ISS_ABT_WNR ? "write" : "read";

	if (esr_ec(esr) == EC_IABT_LOWER)
		return trap_stop(vcpu, "instruction fetch from IPA 0x%lx: stage-2 %s",
				 ipa, esr_fsc_name(esr));
	if (aperture)
		return trap_stop(vcpu, "%s of IPA 0x%lx, a device, without a valid syndrome",
				 verb, ipa);
	return trap_stop(vcpu, "%s%s of IPA 0x%lx, VA 0x%lx: stage-2 %s", verb,
			 esr & ISS_ABT_S1PTW ? " by a table walk" : "", ipa,
			 read_sysreg(far_el2), esr_fsc_name(esr));
}
