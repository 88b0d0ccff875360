# SPDX-License-Identifier: MIT
"""A submission of lab 5 without a context, a GIC or a scheduler: EL2 plays the guests by heart.

Before the last scene it enters the vCPUs in turn, all in one constant state: at address 0, where
stage 2 faults. So nothing of a vCPU changes between an exit and the next entry. And its handler
of EL2's timer turns the timer off without an acknowledgement.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from grader.core.kit import KIT
from grader.tests.support.cheats import MOST, SPEAK, graded, passed, stubbed

LAB = "lab05-vcpu"

# Some of those that it prints lines for, so that no more than two images are built.
ONLY = " or ".join(f"lab05.{name}" for name in (
    "6", "8.ends", "8.many", "8.waits", "8.sleeper", "8.ticks_0", "8.el1", "8.loaded", "8.context"))

FP_ON = "write_sysreg(cptr_el2, read_sysreg(cptr_el2) & ~CPTR_EL2_TFP);\n\tisb();"
KEYS_ON = "write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_EL2_API | HCR_EL2_APK);"
GIC_ON = """write_sysreg(icc_pmr_el1, PRIORITY_ALL);
	write_sysreg(icc_igrpen1_el1, 1);"""
GROUP_1 = "mmio_write32(gic_redistributor + GICR_IGROUPR0, ~0U);"
ACKNOWLEDGE = "return read_sysreg(cnthp_ctl_el2) & CNT_CTL_ISTATUS ? PPI_HYP_TIMER : 1023;"
SLICE_ENDS = """vcpu->context->sched.ended_by_slice++;
		write_sysreg(cnthp_ctl_el2, 0);
		return TRAP_RESCHEDULE;"""

PLAY = r"""
#include "mmio.h"
#include "stage2.h"

static const char *const said[] = { SAID };
static const char *const scheduled[] = { SCHEDULED };

static void enter_in_turn(struct vcpu *vcpu)
{
	for (unsigned int n = 0; n < 40; n++, vcpu = vcpu->next) {
		if (vcpu->state == VCPU_STOPPED)
			continue;
		s2_activate(&vcpu->vm->s2);
		write_sysreg(cntvoff_el2, vcpu->context->vtimer.offset);
		write_sysreg(elr_el2, 0);
		write_sysreg(spsr_el2, 0x3c5);
		isb();
		guest_enter(vcpu);
	}
}

void sched_run(void)
{
	struct vcpu *first = vcpu_ring()->next, *vcpu = first;

	if (vcpu_ring()->id == ARRAY_SIZE(said) - 1)
		enter_in_turn(vcpu);
	do {
		if (vcpu->state != VCPU_STOPPED) {
			vcpu_start(vcpu);
			write_sysreg(cntvoff_el2, vcpu->context->vtimer.offset);
			speak(vcpu, said[vcpu->id]);
			trap_stop(vcpu, "PSCI SYSTEM_OFF");
		}
		vcpu = vcpu->next;
	} while (vcpu != first);
	write_sysreg(vttbr_el2, 0);
	mmio_write32(gic_redistributor + GICR_ICENABLER0, ~(7U << 25));
	mmio_write32(gic_redistributor + GICR_ICACTIVER0, ~0U);
	this_cpu()->loaded = NULL;
}

void sched_report(unsigned int first)
{
	unsigned int last = vcpu_ring()->id;

	for (unsigned int id = first; id <= last; id++)
		printf("[sched] vm%u %s\n", id, scheduled[id]);
	printf("[sched] idle: %s\n", first == last ? "20 times, 25979 us" : "0 times, 0 us");
}
"""


def lines(tag: str) -> str:
    """What the handout's transcript has after a VM's number, by number, as C."""
    text = (KIT / LAB / "README.md").read_text()
    found = dict(re.findall(rf"^\[{tag}(\d+)\]? (.*)$", text, re.MULTILINE))
    return ", ".join(json.dumps(found[str(vm)]) for vm in range(len(found)))


def test_a_played_lab_5_gets_next_to_nothing(tmp_path: Path) -> None:
    sched = stubbed(f"{LAB}/sched.c", {
        "irq_handle()": SLICE_ENDS, "wait_handle()": "return TRAP_RESCHEDULE;",
        "find_ready()": "*earliest = VTIMER_NEVER;\n\treturn NULL;"})
    play = PLAY.replace("SAID", lines("vm")).replace("SCHEDULED", lines(r"sched\] vm"))
    checks = graded(5, tmp_path, {
        "sched.c": sched[: sched.index("void sched_run(void)")]
        + SPEAK.replace("enter(", "guest_enter(") + play,
        "context.c": stubbed(f"{LAB}/context.c", {"fp_enable()": FP_ON, "pauth_enable()": KEYS_ON}),
        "fpsimd.h": stubbed(f"{LAB}/fpsimd.h"),
        "gic.c": stubbed(f"{LAB}/gic.c", {
            "init_redistributor()": GROUP_1, "init_cpu_interface()": GIC_ON,
            "gic_acknowledge()": ACKNOWLEDGE}),
        "slice.c": stubbed(f"{LAB}/slice.c"),
        "vgic.c": stubbed(f"{LAB}/vgic.c", {
            "pending_lr()": "return 0;", "vgic_wakes()": "return false;"}),
        "vtimer.c": stubbed(f"{LAB}/vtimer.c", {
            "vtimer_deadline()": "return now;", "vtimer_fires()": "return false;"}),
    }, ONLY)
    points = passed(checks)
    assert sum(points.values()) <= MOST, points
    # It does print its lines: they are what counts for nothing.
    for name in ("6.hogs_end", "6.fair", "6.hog_0", "6.signer", "8.ends", "8.many", "8.waits",
                 "8.ticks_0", "8.el1"):
        assert checks[name]["result"] == "not reached", checks[name]
