// SPDX-License-Identifier: MIT
/*
 * Check, before the first ERET to a vCPU, that the guest can run with the registers
 * as they are. A wrong value usually makes the machine hang or take exceptions in an
 * endless loop, far from the cause; this check names it.
 */
#include "panic.h"
#include "stage2.h"
#include "traps.h"

static void check(const struct vcpu *vcpu, bool ok, const char *what,
		  uint64_t value)
{
	if (!ok)
		panic("vm%u cannot be entered: %s (0x%lx)", vcpu->vm->id, what,
		      value);
}

void entry_check(const struct vcpu *vcpu)
{
	uint64_t hcr = read_sysreg(hcr_el2);
	uint64_t vtcr = read_sysreg(vtcr_el2);
	uint64_t vttbr = read_sysreg(vttbr_el2);
	uint64_t spsr = read_sysreg(spsr_el2);
	uint64_t elr = read_sysreg(elr_el2);
	uint64_t vbar = read_sysreg(vbar_el2);

	check(vcpu, hcr & HCR_EL2_VM, "HCR_EL2.VM is 0, stage 2 is off", hcr);
	check(vcpu, hcr & HCR_EL2_RW, "HCR_EL2.RW is 0, EL1 would be AArch32", hcr);
	check(vcpu, !(hcr & HCR_EL2_TGE), "HCR_EL2.TGE is 1, there is no EL1", hcr);
	check(vcpu, hcr & HCR_EL2_TSC,
	      "HCR_EL2.TSC is 0, SMC would reach the firmware", hcr);
	check(vcpu, hcr & HCR_EL2_TWI, "HCR_EL2.TWI is 0, WFI would not trap", hcr);
	check(vcpu, hcr & HCR_EL2_TID3,
	      "HCR_EL2.TID3 is 0, ID registers would show what EL2 hides", hcr);
	check(vcpu, (hcr & (HCR_EL2_IMO | HCR_EL2_FMO | HCR_EL2_AMO)) ==
		    (HCR_EL2_IMO | HCR_EL2_FMO | HCR_EL2_AMO),
	      "HCR_EL2.IMO, FMO and AMO are not all 1, EL1 would take interrupts",
	      hcr);
	check(vcpu, vtcr & VTCR_EL2_RES1, "VTCR_EL2 bit 31 is RES1", vtcr);
	check(vcpu, FIELD_GET(TCR_T0SZ, vtcr) == 64 - s2_ipa_bits() &&
		    FIELD_GET(VTCR_EL2_SL0, vtcr) == 1,
	      "VTCR_EL2.T0SZ and SL0 are not those of the tables", vtcr);
	check(vcpu, FIELD_GET(VTTBR_EL2_VMID, vttbr) == vcpu->vm->s2.vmid,
	      "VTTBR_EL2.VMID is another VM's", vttbr);
	check(vcpu, (vttbr & VTTBR_EL2_BADDR) == (uint64_t)vcpu->vm->s2.root,
	      "VTTBR_EL2 is not this VM's table", vttbr);
	check(vcpu, (spsr & (SPSR_M_AARCH32 | SPSR_M)) == SPSR_M_EL1H,
	      "SPSR_EL2.M is not EL1h", spsr);
	check(vcpu, (spsr & PSTATE_DAIF) == PSTATE_DAIF,
	      "SPSR_EL2 does not mask D, A, I and F", spsr);
	check(vcpu, !(spsr & (SPSR_IL | SPSR_SS)), "SPSR_EL2.IL or SS is 1", spsr);
	check(vcpu, elr == SLOT_ADDR(vcpu->vm->id),
	      "ELR_EL2 is not the start of the VM's slot", elr);
	check(vcpu, vbar == (uint64_t)guest_vectors,
	      "VBAR_EL2 is not guest_vectors", vbar);
	check(vcpu, read_sysreg(sctlr_el1) == SCTLR_EL1_RES1,
	      "SCTLR_EL1 is not RES1 alone, its value after a reset",
	      read_sysreg(sctlr_el1));
	check(vcpu, read_sysreg(cpacr_el1) == 0, "CPACR_EL1 is not 0",
	      read_sysreg(cpacr_el1));
	check(vcpu, read_sysreg(vbar_el1) == 0, "VBAR_EL1 is not 0",
	      read_sysreg(vbar_el1));
}
