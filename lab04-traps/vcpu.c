// SPDX-License-Identifier: MIT
#include "vcpu.h"

#include "barrier.h"
#include "cpu.h"
#include "stage2.h"
#include "sysreg.h"
#include "todo.h"

void guest_config(void)
{
	/* TODO(lab04.3): Traps and vectors for guests: HCR_EL2, CPTR_EL2, VBAR_EL2. */
	todo("lab04.3", "guest_config() in lab04-traps/vcpu.c, read lab04-traps/README.md#task-3");
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

	/* TODO(lab04.3): The guest's entry point and its state. */
	todo("lab04.3", "vcpu_start() in lab04-traps/vcpu.c, read lab04-traps/README.md#task-3");
	/* END(lab04.3) */
	this_cpu()->loaded = vcpu;
}
