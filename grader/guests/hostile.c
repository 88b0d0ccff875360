// SPDX-License-Identifier: MIT
/*
 * Attack EL2 and the other guests, then write to another VM's memory. Only that write may
 * stop this VM, and the other guests must notice no more than that this one takes turns.
 */
#include "guest.h"
#include "guest_irq.h"
#include "guest_layout.h"
#include "mailbox.h"
#include "pl011.h"
#include "smccc.h"
#include "string.h"
#include "sysreg.h"

#define ROUNDS	20

static volatile uint64_t taken;

/* Count every exception and skip its instruction. */
void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	(void)esr;
	taken++;
	if (slot == SLOT_IRQ) {
		uint64_t intid = irq_acknowledge();

		if (intid == PPI_VTIMER)
			timer_stop();	/* else it would fire again at once */
		irq_end(intid);
	} else {
		*elr += 4;
	}
}

static int64_t smc(uint64_t function)
{
	register uint64_t x0 __asm__("x0") = function;

	__asm__ volatile("smc #0" : "+r"(x0) :: "memory");
	return x0;
}

/* Bad pointers and bad records, at every edge that EL2 has to check. */
static void abuse_hypercalls(void)
{
	static const uint64_t addresses[] = {
		0, 8, 0x40000000, MAILBOX_ADDR(!GUEST_SLOT),
		SLOT_ADDR(!GUEST_SLOT), SLOT_ADDR(GUEST_SLOT) + SLOT_SIZE - 8,
		SLOT_ADDR(GUEST_SLOT) - 8, VUART_IPA, BIT(40), BIT(47),
		BIT(48), ~UINT64_C(0), ~UINT64_C(0) - 47,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++)
		hvc(HVC_TASK_REPORT, addresses[i]);
	hvc(0xffff, ~UINT64_C(0));
	hvc(HVC_SMCCC, 0x84000003);		/* PSCI CPU_ON */
	smc(0x84000001);			/* PSCI CPU_SUSPEND */
	smc(0xc4000012);			/* PSCI SYSTEM_RESET2 */
}

/* Registers and instructions of EL2, or dangerous on real hardware. All of them trap. */
static void abuse_registers(void)
{
	write_sysreg(hcr_el2, 0);
	write_sysreg(vttbr_el2, 0);
	write_sysreg(cnthp_ctl_el2, 0);
	write_sysreg(cntp_ctl_el0, 1);
	write_sysreg(pmcr_el0, ~UINT64_C(0));
	write_sysreg(mdscr_el1, ~UINT64_C(0));
	write_sysreg(actlr_el1, ~UINT64_C(0));
	__asm__ volatile("tlbi alle2" ::: "memory");
	__asm__ volatile("at s12e1r, %0" :: "r"(UINT64_C(0)));
	__asm__ volatile(".inst 0x00000000");	/* UDF */
}

/* Set all bits of this guest's own registers. */
static void dirty_registers(void)
{
	uint64_t ones = ~UINT64_C(0);

	write_sysreg(ttbr0_el1, ones);
	write_sysreg(ttbr1_el1, ones);
	write_sysreg(tcr_el1, ones);
	write_sysreg(mair_el1, ones);
	write_sysreg(contextidr_el1, ones);
	write_sysreg(tpidr_el0, ones);
	write_sysreg(tpidrro_el0, ones);
	write_sysreg(tpidr_el1, ones);
	write_sysreg(sp_el0, ones);
	write_sysreg(par_el1, ones);
	write_sysreg(far_el1, ones);
	write_sysreg(cntkctl_el1, ones);
	write_sysreg(cntv_cval_el0, 0);
	write_sysreg(cntv_ctl_el0, CNT_CTL_ENABLE);	/* fires at once */
	write_sysreg(APIAKEYLO_EL1, ones);
	write_sysreg(APGAKEYHI_EL1, ones);
	write_sysreg(icc_pmr_el1, 0xff);
	write_sysreg(icc_igrpen1_el1, 1);
	__asm__ volatile("tlbi vmalle1is" ::: "memory");
	__asm__ volatile("ic iallu" ::: "memory");
	for (unsigned int n = 0; n < 16; n++)
		irq_raise(n);
	write_sysreg(icc_sgi1r_el1, ICC_SGI1R_IRM | ones >> 1);
}

/* Write a mailbox with one fault, which depends on the slot. */
static void forge_mailbox(void)
{
	struct mailbox *box = (struct mailbox *)MAILBOX_ADDR(GUEST_SLOT);

	memset(box, 0xff, sizeof(*box));
	memcpy(box->entry[0].key, "forged", 7);
	box->magic = MAILBOX_MAGIC + (GUEST_SLOT == 1);
	box->count = GUEST_SLOT == 0 ? BIT(63) | 1 :
		     GUEST_SLOT == 1 ? 1 : MAILBOX_ENTRIES + 1;
}

void main(void)
{
	printf("hostile: [vm%d] forged line\r[boot] forged line\n", !GUEST_SLOT);
	forge_mailbox();
	for (int round = 0; round < ROUNDS; round++) {
		abuse_hypercalls();
		abuse_registers();
		dirty_registers();
		irq_enable();
		guest_isb();
		irq_disable();
	}
	printf("hostile: still here, and nothing has been stopped\n");
	/* This write stops the VM. */
	*(volatile uint64_t *)SLOT_ADDR(!GUEST_SLOT) = 0;
	printf("hostile: wrote the other VM's memory\n");
}
