# SPDX-License-Identifier: MIT
"""A submission of lab 4 in which no guest runs: EL2 plays the self-tests and the guests by heart.

Task 3 is done, because it sets up the registers that a check of task 7 reads. Small checks of
tasks 4 and 6 pass as well. None of that may count for lines of the transcript.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from grader.core.kit import KIT
from grader.tests.support.cheats import MOST, SPEAK, graded, passed, stubbed

LAB = "lab04-traps"

SLOTS = """.irp	number, 8, 9, 10, 11
	.balign	0x80
	pop_callee_saved
	ret
	.endr"""

# The way into EL1, for speak() alone.
ENTER = """
function enter
	push_callee_saved
	ldr	x30, [x0, #VCPU_X(30)]
	ldr	x0, [x0, #VCPU_X(0)]
	eret
endfunction enter
"""

# What each self-test compares after its exits, by the number of the exit; then the guests.
PLAY = r"""
#include "guest_memory.h"
#include "sysreg_trap.h"

static const struct act {
	unsigned int vm;
	const char *kind, *text;
	uint64_t pc;
} acts[] = { ACTS };

static enum trap_result play(struct vcpu *vcpu)
{
	for (unsigned int n = 0; n < ARRAY_SIZE(acts); n++) {
		const struct act *act = &acts[n];

		if (act->vm != vcpu->id)
			continue;
		if (!act->kind[0]) {
			speak(vcpu, act->text);
		} else if (act->kind[0] == 'r') {
			printf("[report] vm%u %s\n", act->vm, act->text);
		} else {
			write_sysreg(elr_el2, act->pc);
			return trap_stop(vcpu, "%s", act->text);
		}
	}
	return TRAP_STOP;
}

enum trap_result trap_handle(struct vcpu *vcpu, unsigned int reason)
{
	static const struct { enum trap_result result; int64_t x0; uint64_t skip; } shown[] = {
		{ 0, 0, 4 }, { 0, 0, 8 }, { 0, 0, 0 }, { 2, 0, 0 }, { 2, 0, 0 },
		{ 0, 0x10001, 12 }, { 0, -1, 16 }, { 0, 0x10001, 28 }, { 2, 0, 36 }, { 0, -2, 8 },
	};
	static unsigned int count;
	unsigned int n = count++;

	vcpu->exits[exit_class(reason, read_sysreg(esr_el2))]++;	/* task 4, for one point */
	if (n >= ARRAY_SIZE(shown))
		return vcpu->vm->apertures ? play(vcpu) : TRAP_STOP;
	vcpu->x[0] = shown[n].x0;
	vcpu->x[1] = id_register_for_guest(ISS_SYS(3, 0, 0, 7, 0));
	vcpu->state = n == 8 ? VCPU_STOPPED : VCPU_RUNNABLE;
	write_sysreg(elr_el2, SLOT_ADDR(0) + shown[n].skip);
	if (n == 2) {
		vcpu->exits[EC_WFX] = 1;
		vcpu->exits[EC_SYSREG] = 2;
		write_sysreg(elr_el1, SLOT_ADDR(0) + 8);
		write_sysreg(esr_el1, 0);
		write_sysreg(elr_el2, read_sysreg(vbar_el1) + 0x200);
	}
	return shown[n].result;
}

/* Linked, so that they are tested; guest_va_to_ipa() is not. */
const void *const used[] __attribute__((used)) = { hypercall_handle, smc_handle, guest_copy_from };
"""


def acts() -> str:
    """The handout's lines of the guests and about them, as C."""
    text = (KIT / LAB / "README.md").read_text()
    form = r"\[(?:(trap|report)\] )?vm(\d+)\]? (?:stopped: )?(.*?)(?: \(PC (0x\w+)\))?"
    found = re.findall(rf"^{form}$", text[text.rindex("[vm] ") :], re.MULTILINE)
    return ", ".join(f'{{ {vm}, "{kind}", {json.dumps(words)}, {pc or 0} }}'
                     for kind, vm, words, pc in found)


def test_a_played_lab_4_gets_next_to_nothing(tmp_path: Path) -> None:
    traps = stubbed(f"{LAB}/traps.c", {"wait_handle()": "return TRAP_RESUME;"})
    checks = graded(4, tmp_path, {
        "traps.c": traps[: traps.rindex("enum trap_result trap_handle")] + SPEAK
        + PLAY.replace("ACTS", acts()),
        "vcpu.c": (KIT / "solutions" / LAB / "vcpu.c").read_text(),
        "world_switch.S": stubbed(f"{LAB}/world_switch.S", {
            "guest_vectors": SLOTS, "guest_enter": "mov\tw0, wzr\n\tret"}) + ENTER,
        "abort.c": stubbed(f"{LAB}/abort.c", {
            "fault_ipa()": "return 0;", "access_size()": "return 4;",
            "emulate()": "return TRAP_STOP;", "data_abort_handle()": "return TRAP_STOP;"}),
        "guest_memory.c": stubbed(f"{LAB}/guest_memory.c", {
            "guest_va_to_ipa()": "return 0;", "guest_copy_from()": "return 0;"}),
        "hypercall.c": stubbed(f"{LAB}/hypercall.c", {
            "task_report()": "return TRAP_RESUME;", "smccc()": "return smccc_other(vcpu);",
            "hypercall_handle()": "return answer(vcpu, -1);",
            "smc_handle()": "trap_skip_instruction();\n\treturn answer(vcpu, -1);"}),
    })
    points = {name: n for name, n in passed(checks).items() if not name.startswith("3.")}
    assert sum(points.values()) <= MOST, points
    # It does print its lines: they are what counts for nothing.
    for name in ("4.wfi", "4.undefined", "5.hvc", "5.system_off", "6.null", "7.registers", "7.smc",
                 "7.two_pages", "7.fp", "7.ids", "7.every_vm", "7.survivor", "7.depth"):
        assert checks[name]["result"] == "not reached", checks[name]
