// SPDX-License-Identifier: MIT
#include "vcpu.h"

#include "barrier.h"
#include "cpu.h"
#include "stage2.h"
#include "sysreg.h"

void guest_config(void)
{
	/* HOLE(lab04.3): Traps and vectors for guests: HCR_EL2, CPTR_EL2, VBAR_EL2. */
	write_sysreg(hcr_el2,
		     HCR_EL2_VM | HCR_EL2_RW |		/* stage 2, AArch64 */
		     HCR_EL2_SWIO |
		     HCR_EL2_AMO | HCR_EL2_IMO | HCR_EL2_FMO | /* EL2 takes all interrupts */
		     HCR_EL2_TWI | HCR_EL2_TWE |	/* EL2 handles waiting */
		     HCR_EL2_TSC |			/* no access to the firmware */
		     HCR_EL2_TID3 |			/* EL2 decides what exists */
		     HCR_EL2_TIDCP | HCR_EL2_TACR |	/* effects unknown */
		     HCR_EL2_TLOR | HCR_EL2_TERR);
	/* FP and all vector extensions trap until lab 5 can switch them. */
	write_sysreg(cptr_el2, CPTR_EL2_RES1 | CPTR_EL2_TAM | CPTR_EL2_TTA |
			       CPTR_EL2_TSM | CPTR_EL2_TFP | CPTR_EL2_TZ);
	write_sysreg(vbar_el2, guest_vectors);
	isb();
	/* END(lab04.3) */
}

/* Put EL1 into its reset state, without any values of another guest. */
static void reset_el1(void)
{
	write_sysreg(sctlr_el1, SCTLR_EL1_RES1);
	write_sysreg(cpacr_el1, 0);
	write_sysreg(ttbr0_el1, 0);
	write_sysreg(ttbr1_el1, 0);
	write_sysreg(tcr_el1, 0);
	write_sysreg(mair_el1, 0);
	write_sysreg(amair_el1, 0);
	write_sysreg(contextidr_el1, 0);
	write_sysreg(vbar_el1, 0);
	write_sysreg(elr_el1, 0);
	write_sysreg(spsr_el1, 0);
	write_sysreg(esr_el1, 0);
	write_sysreg(far_el1, 0);
	write_sysreg(afsr0_el1, 0);
	write_sysreg(afsr1_el1, 0);
	write_sysreg(par_el1, 0);
	write_sysreg(sp_el0, 0);
	write_sysreg(sp_el1, 0);
	write_sysreg(tpidr_el0, 0);
	write_sysreg(tpidrro_el0, 0);
	write_sysreg(tpidr_el1, 0);
	write_sysreg(csselr_el1, 0);
	write_sysreg(cntkctl_el1, 0);
	write_sysreg(cntv_ctl_el0, 0);
	write_sysreg(cntv_cval_el0, 0);
	/* A guest accesses it as DISR_EL1, on cores that have it (FEAT_RAS). */
	if (read_sysreg(id_aa64pfr0_el1) & ID_AA64PFR0_RAS)
		write_sysreg(VDISR_EL2, 0);
}

void vcpu_start(struct vcpu *vcpu)
{
	s2_activate(&vcpu->vm->s2);
	reset_el1();
	write_sysreg(vpidr_el2, read_sysreg(midr_el1));
	write_sysreg(vmpidr_el2, MPIDR_RES1);	/* the only core of its VM */
	isb();		/* the counter is read after all that */
	write_sysreg(cntvoff_el2, read_sysreg(cntpct_el0));

	/* HOLE(lab04.3): The guest's entry point and its state. */
	write_sysreg(elr_el2, SLOT_ADDR(vcpu->vm->id));
	write_sysreg(spsr_el2, PSTATE_DAIF | SPSR_M_EL1H);
	/* END(lab04.3) */
	this_cpu()->loaded = vcpu;
}
