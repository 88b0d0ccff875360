# SPDX-License-Identifier: MIT
"""Variants of lab 5."""

from __future__ import annotations

from . import Edit, Variant

CONTEXT = "lab05-vcpu/context.c"
FP = "lab05-vcpu/fpsimd.h"
GIC = "lab05-vcpu/gic.c"
SCHED = "lab05-vcpu/sched.c"
SLICE = "lab05-vcpu/slice.c"
VGIC = "lab05-vcpu/vgic.c"

FP_LINES = [f'\tmove "	{{v{n}.2d-v{n + 3}.2d}}, [%0], #64\\n"	\\\n' for n in range(0, 32, 4)]
PAIRS = """\
	PAIR(p, sctlr_el1, cpacr_el1);		\\
	PAIR(p, ttbr0_el1, ttbr1_el1);		\\
	PAIR(p, tcr_el1, mair_el1);		\\
"""
OTHER_PAIRS = """\
	PAIR(p, mair_el1, tcr_el1);		\\
	PAIR(p, ttbr1_el1, cpacr_el1);		\\
	PAIR(p, sctlr_el1, ttbr0_el1);		\\
"""
FIND = """\
	do {
		vcpu = vcpu->next;
		if (vcpu->state == VCPU_RUNNABLE)
			return vcpu;
		if (vcpu->state == VCPU_BLOCKED && wake_if_due(vcpu, now, earliest))
			return vcpu;
	} while (vcpu != last);
	return NULL;
"""
FIND_FOR = """\
	for (vcpu = last->next;; vcpu = vcpu->next) {
		if (vcpu->state == VCPU_BLOCKED)
			wake_if_due(vcpu, now, earliest);
		if (vcpu->state == VCPU_RUNNABLE)
			return vcpu;
		if (vcpu == last)
			return NULL;
	}
"""
SLICE_AT = """\
	write_sysreg(cnthp_cval_el2, deadline);
	write_sysreg(cnthp_ctl_el2, CNT_CTL_ENABLE);
"""
SLICE_TVAL = """\
	isb();
	uint64_t distance = deadline - read_sysreg(cntpct_el0);
	if (distance >> 31)	/* TVAL has 32 bits and a sign */
		write_sysreg(cnthp_cval_el2, deadline);
	else
		write_sysreg(cnthp_tval_el2, distance);
	write_sysreg(cnthp_ctl_el2, CNT_CTL_ENABLE);
"""
SLICE_OFF_ON = "\twrite_sysreg(cnthp_ctl_el2, 0);\n" + SLICE_AT
PAUTH = "HCR_EL2_API | HCR_EL2_APK);\n\tisb();\n"
PRIORITIES = """\
	for (unsigned int n = 0; n < 32; n += 4)
		mmio_write32(gic_redistributor + GICR_IPRIORITYR(n),
			     PRIORITY * 0x01010101U);
"""
BYTES = """\
	for (unsigned int n = 0; n < 32; n++)
		*(volatile uint8_t *)(gic_redistributor + GICR_IPRIORITYR(n)) = PRIORITY;
"""
LOAD_TIMER = "\twrite_sysreg(cntvoff_el2, vtimer->offset);\n"
FREE = """\
	for (unsigned int n = 1; n < VGIC_LRS; n++) {
		if (!(read_lr(n) & ICH_LR_STATE)) {
"""
FREE_DOWN = """\
	for (unsigned int n = VGIC_LRS - 1; n > 0; n--) {
		if (!(read_lr(n) & ICH_LR_STATE)) {
"""

RUN = """\
	while ((vcpu = sched_next(vcpu, &now)) != NULL) {
		context_switch(vcpu);
		slice_at(now + slice);
		do {
			reason = guest_enter(vcpu);
		} while (trap_handle(vcpu, reason) == TRAP_RESUME);
		now = end_turn(vcpu, now);
	}
	slice_stop();
	context_switch(NULL);
"""
RUN_UNLOAD = """\
	while ((vcpu = sched_next(vcpu, &now)) != NULL) {
		context_switch(vcpu);
		slice_at(counter_now() + slice);
		do {
			reason = guest_enter(vcpu);
		} while (trap_handle(vcpu, reason) == TRAP_RESUME);
		slice_stop();
		context_switch(NULL);
		now = end_turn(vcpu, now);
	}
"""
FIND_WAKE_FIRST = """\
	do {
		vcpu = vcpu->next;
		if (vcpu->state == VCPU_BLOCKED)
			wake_if_due(vcpu, now, earliest);
	} while (vcpu != last);
	do {
		vcpu = vcpu->next;
		if (vcpu->state == VCPU_RUNNABLE)
			return vcpu;
	} while (vcpu != last);
	return NULL;
"""
SWITCH = """\
	if (old == vcpu)
		return;
	if (old)
		save(old->context);
	cpu->loaded = vcpu;
	if (!vcpu) {
		write_sysreg(vttbr_el2, 0);	/* no tables, VMID 0 */
		return;
	}
"""
SWITCH_LOADED_LAST = """\
	if (old == vcpu)
		return;
	if (old)
		save(old->context);
	if (!vcpu) {
		write_sysreg(vttbr_el2, 0);
		isb();
		cpu->loaded = NULL;
		return;
	}
"""

# FP registers move when they are first used. fp_owner is their vCPU.
LAZY = """\
static struct context *fp_owner;	/* whose FP registers are in place */

static void fp_trap(bool on)
{
	uint64_t cptr = read_sysreg(cptr_el2) & ~CPTR_EL2_TFP;

	write_sysreg(cptr_el2, on ? cptr | CPTR_EL2_TFP : cptr);
	isb();
}

static enum trap_result fp_first_use(struct vcpu *vcpu, uint64_t esr)
{
	(void)esr;
	fp_trap(false);
	if (fp_owner)
		fp_save(fp_owner);
	fp_owner = vcpu->context;
	fp_load(fp_owner);
	return TRAP_RESUME;
}

PART void save("""
LAZY_SWITCH = """\
	load(context);
	fp_trap(fp_owner != context);
	trap_set_handler(EC_FP, fp_first_use);
"""

VARIANTS = [
    Variant(5, "EL1's registers in another order", (Edit(CONTEXT, PAIRS, OTHER_PAIRS),)),
    Variant(5, "FP registers in another order", (
        Edit(FP, FP_LINES[0] + FP_LINES[1], FP_LINES[1] + FP_LINES[0]),)),
    Variant(5, "the context saved in another order", (
        Edit(CONTEXT, "\tel1_save(context);\n\tkeys_save(context);\n\tfp_save(context);\n",
             "\tfp_save(context);\n\tel1_save(context);\n\tkeys_save(context);\n"),
        Edit(CONTEXT, "\tel1_load(context);\n\tkeys_load(context);\n\tfp_load(context);\n",
             "\tkeys_load(context);\n\tfp_load(context);\n\tel1_load(context);\n"))),
    Variant(5, "lazy FP switching", (
        Edit(CONTEXT, "PART void save(", LAZY),
        Edit(CONTEXT, "\tfp_save(context);\n\tvgic_save(context);\n", "\tvgic_save(context);\n"),
        Edit(CONTEXT, "\tfp_load(context);\n\tvtimer_load(context);\n",
             "\tvtimer_load(context);\n"),
        Edit(CONTEXT, "\tload(context);\n\t/* The ERET", LAZY_SWITCH + "\t/* The ERET"),
        Edit(CONTEXT, '#include "sysreg_pair.h"\n',
             '#include "sysreg_pair.h"\n#include "traps.h"\n'))),
    Variant(5, "the ring walked by a for loop", (Edit(SCHED, FIND, FIND_FOR),)),
    Variant(5, "a slice as a distance: CNTHP_TVAL_EL2", (Edit(SLICE, SLICE_AT, SLICE_TVAL),)),
    Variant(5, "a DSB and an ISB wherever the GIC is written", (
        Edit(SLICE, "\twrite_sysreg(cnthp_ctl_el2, 0);\n",
             "\twrite_sysreg(cnthp_ctl_el2, 0);\n\tdsb(sy);\n"),)),
    Variant(5, "list registers used from the last one", (Edit(VGIC, FREE, FREE_DOWN),)),
    Variant(5, "timer off, deadline, timer on", (Edit(SLICE, SLICE_AT, SLICE_OFF_ON),)),
    Variant(5, "no ISB in pauth_enable()", (
        Edit(CONTEXT, PAUTH, PAUTH.replace("\tisb();\n", "")),)),
    Variant(5, "GICR_IPRIORITYR a byte at a time", (Edit(GIC, PRIORITIES, BYTES),)),
    Variant(5, "the virtual timer off before it is loaded", (
        Edit(CONTEXT, LOAD_TIMER, "\twrite_sysreg(cntv_ctl_el0, 0);\n" + LOAD_TIMER),)),
    Variant(5, "no vCPU stays loaded after its turn", (Edit(SCHED, RUN, RUN_UNLOAD),)),
    Variant(5, "a slice from the end of the switch", (
        Edit(SCHED, "slice_at(now + slice)", "slice_at(counter_now() + slice)"),)),
    Variant(5, "the slice's timer masked, not off", (
        Edit(SLICE, "\twrite_sysreg(cnthp_ctl_el2, 0);\n",
             "\twrite_sysreg(cnthp_ctl_el2, CNT_CTL_ENABLE | CNT_CTL_IMASK);\n"),)),
    Variant(5, "sleepers woken before the search, `loaded` set last", (
        Edit(SCHED, FIND, FIND_WAKE_FIRST),
        Edit(CONTEXT, SWITCH, SWITCH_LOADED_LAST),
        Edit(CONTEXT, "\tload(context);\n", "\tload(context);\n\tcpu->loaded = vcpu;\n"))),
]
