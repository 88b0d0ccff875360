# SPDX-License-Identifier: MIT
"""Lab 4: into the guest and back.

In the order of the transcript: self-tests task by task, then the guests one after the other,
each until it ends. The guests need all six tasks.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..boot_checks import switches_off
from ..check import Check, Evidence
from ..execution_order import eret_is_fenced, executed_in_order
from ..probe_checks import probed
from . import machine, probes
from .calls import CALLS
from .rules import (
    GUESTS,
    first_guest_prints,
    el2_image_is_named,
    every_vm_ran_to_its_end,
    guard_is_named,
    next_slot_is_named,
    undefined,
)

PROBES = probes.PROBES


def _marker(name: str, points: int, title: str, hint: str, *lines: str, task: int = 0) -> Check:
    """Consecutive lines of the transcript; `task` is the one to read, if it is another."""
    section = f"task-{task}" if task else ""
    return Check(
        f"lab04.{name}", points, title, line="\n".join(lines), hint=hint, section=section
    )


def selftest(name: str, points: int, title: str, hint: str, *facts: str) -> Check:
    """EL2's self-test of one task."""
    return _marker(name, points, title, hint, *(f"[test] {fact}" for fact in facts))


def _guest_line(
    name: str, points: int, title: str, task: int, hint: str, guest: str, *facts: str
) -> Check:
    """Lines of a guest, which need all tasks."""
    lines = (f"[vm{GUESTS.index(guest)}] {guest}: {fact}" for fact in facts)
    return _marker(f"7.{name}", points, title, hint, *lines, task=task)


def never(name: str, title: str, vm: str, words: str, needs: str, hint: str) -> Check:
    """A guest must not print these words: EL2 should have stopped it before."""
    return Check(
        f"lab04.7.{name}",
        1,
        title,
        pattern=rf"\[{vm}\] .*{re.escape(words)}.*",
        forbidden=True,
        wanted=f"no line of {vm} with: {words}",
        needs=f"lab04.7.{needs}",
        hint=hint,
    )


def named(name: str, title: str, test: Callable[[Evidence], str], wanted: str, hint: str) -> Check:
    """A VM was stopped for its access outside its own memory."""
    return Check(f"lab04.7.{name}", 1, title, test=test, wanted=wanted, hint=hint)


ADDRESS = (
    "A guest's pointer is a VA, so let the MMU translate it: AT S1E1R, then PAR_EL1. The IPA must"
    " be memory of this VM (vm_owns()), page by page, up to the record's end."
)
NOT_SUPPORTED = "An unknown function returns NOT_SUPPORTED, -1, and is not an error in EL2."
SAS = "SAS is log2 of the size in bytes. Mask off all bits above that size."
IPA = (
    "HPFAR_EL2.FIPA is bits 43 to 4 and holds the IPA from bit 12 up; bits 11 to 0 come from"
    " FAR_EL2. FAR alone is a virtual address."
)

CHECKS = [
    selftest(
        "1.vectors",
        3,
        "The guest vectors are aligned, and no slot is empty",
        "Put four exits in slots 8 to 11, each after `.balign 0x80` and at most 32 instructions"
        " long.",
        "guest_vectors: aligned to 2 KiB: yes, empty slots: 0",
    ),
    selftest(
        "2.world_switch",
        4,
        "31 registers are loaded for the guest and saved at the exit, and EL2's own restored",
        "x18, x29 and x30 are often left out. Use no register before it is saved, and load the base"
        " register last. After a panic, or with registers full of 0xeeee: SP is not from"
        " VCPU_HYP_SP, or was stored there before the push. A wrong reason: look at w0. The way"
        " back pops the 96 bytes that guest_enter() pushed.",
        "world switch: reason 0, EC 0x16, 0 of 31 registers wrong, EL2 lost 0",
    ),
    selftest(
        "3.entry",
        3,
        "Everything that the first entry needs is set up",
        "SPSR_EL2 is EL1h with D, A, I and F masked, ELR_EL2 the start of the slot; HCR_EL2 has all"
        " bits of the task's table, VBAR_EL2 the guest vectors. A panic names what is missing.",
        "first entry: everything it relies on is in place",
    ),
    selftest(
        "4.wfi",
        1,
        "A trapped WFI is handled and skipped",
        "ELR_EL2 of a trapped WFI is the address of the WFI: advance it by 4, or it traps again and"
        " again. Do it once, in wait_handle(): trap_handle() does not.",
        "WFI: stepped over: yes",
    ),
    selftest(
        "4.sysreg",
        2,
        "A trapped read of an ID register is emulated and skipped",
        "EC 0x18 needs its row, sysreg_handle(), which advances ELR_EL2 itself.",
        "ID register: read: yes, stepped over: yes",
    ),
    selftest(
        "4.undefined",
        2,
        "A register of EL2 is UNDEFINED for the guest",
        "inject_undefined() copies the guest's PC to ELR_EL1. Do not advance ELR_EL2 before: the"
        " exception must name the instruction.",
        "EL2's counter: UNDEFINED: yes, at the right vector: yes",
    ),
    selftest(
        "4.counted",
        2,
        "Each exit is counted once, in its class",
        "trap_handle() counts before it calls the handler: exits[class of ESR_EL2].",
        "exits counted: wfx 1, sysreg 2; stopped: no",
    ),
    selftest(
        "4.unexpected",
        2,
        "An exit without a handler stops the VM",
        "A missing row is NULL: call unexpected_class(). For an exit other than EXIT_SYNC look at"
        " the reason: for an IRQ or FIQ ESR_EL2 still has the value of an older exit.",
        "an SError stops the VM: yes, a class without a row too: yes",
    ),
    selftest(
        "5.hvc",
        2,
        "HVC #0 returns PSCI's version, and the guest continues after it",
        "smccc() needs a case for PSCI_VERSION. ELR_EL2 of an HVC already points after it: adding 4"
        " skips an instruction.",
        "HVC #0, PSCI_VERSION: 0x10001, resumes after it: yes",
    ),
    selftest(
        "5.unknown_hvc",
        2,
        "An unknown HVC is not supported",
        "The immediate, ISS bits 15 to 0, selects the service. " + NOT_SUPPORTED,
        "HVC #0x1234: -1",
    ),
    selftest(
        "5.smc",
        2,
        "SMC returns the same as HVC #0, and is skipped",
        "HCR_EL2.TSC traps SMC. Its ELR_EL2 is the address of the SMC, so skip it.",
        "SMC #0, PSCI_VERSION: 0x10001, resumes after it: yes",
    ),
    selftest(
        "5.system_off",
        2,
        "PSCI SYSTEM_OFF stops the VM and not the machine",
        "Call trap_stop() for this vCPU; power_off() would end all VMs.",
        "PSCI SYSTEM_OFF stops the VM: yes",
    ),
    selftest("6.null", 2, "A null pointer is refused", ADDRESS,
             f"HVC #0x{CALLS['HVC_TASK_REPORT']:x} with NULL: -2"),
    Check(
        "lab04.7.uart",
        1,
        "A guest's writes to its UART are printed",
        test=first_guest_prints,
        wanted="lines of vm0",
        hint="A store to the UART is a data abort and needs its row in `handlers`. Shift FIPA into"
             " place, take the direction from WnR and the offset from the IPA minus aperture->ipa;"
             " then skip the instruction.",
    ),
    _guest_line(
        "registers",
        1,
        "10000 hypercalls do not change the guest's registers or SP",
        1,
        "An exit saves to the vCPU at SP_EL2, each register at VCPU_X(n). The result changes only"
        " x0.",
        "registers",
        "10000 hypercalls, registers changed: none",
    ),
    _marker(
        "7.report",
        1,
        "A good record is printed in one line",
        "Call guest_copy_from() with x0 and the size of struct task_report, and print the fields in"
        " the order of the line.",
        "[report] vm1 task 7 probe: sequence 1, work 42, at 1000 ns",
        "[vm1] hypercalls: a good report: 0",
        task=6,
    ),
    _guest_line(
        "records",
        1,
        "Records with another version or a bad name are refused",
        6,
        "Copy the record once, then check the copy: the version, and a printable name with a NUL"
        " within its 16 bytes. HYP_BAD_VALUE is -3.",
        "hypercalls",
        "another version: -3",
        "a name without end: -3",
        "a name with control characters: -3",
    ),
    _guest_line(
        "pointers",
        2,
        "Pointers outside the VM's memory are refused",
        6,
        ADDRESS,
        "hypercalls",
        "NULL: -2",
        "EL2's image: -2",
        "the next VM's slot: -2",
        "the next VM's mailbox: -2",
        "the UART: -2",
    ),
    _guest_line(
        "half",
        1,
        "A record that reaches into the guard is refused",
        6,
        "Check the whole record, not only its first byte: it may cross a page boundary and leave"
        " the VM's memory.",
        "hypercalls",
        "half in the guard: -2",
    ),
    _guest_line(
        "wraps",
        1,
        "Records at the ends of the address space are refused",
        6,
        "va + size may be smaller than va: test for that before the loop.",
        "hypercalls",
        "beyond the address space: -2",
        "the tables' limit: -2",
    ),
    _guest_line(
        "services",
        1,
        "HVC yield returns 0, and virtual time advances",
        5,
        "x0 = HYP_OK and TRAP_RESCHEDULE for yield. HVC_VIRTUAL_TIME returns CNTVCT_EL0 in"
        " nanoseconds in x0.",
        "hypercalls",
        "unknown HVC: -1",
        "yield: 0",
        "virtual time advances: yes, agrees with the counter: yes",
    ),
    _guest_line(
        "smccc",
        1,
        "SMCCC and PSCI return their versions, and -1 for unknown functions",
        5,
        NOT_SUPPORTED,
        "hypercalls",
        "SMCCC version 0x10001, PSCI version 0x10001",
        "an unknown function: -1",
    ),
    _marker(
        "7.two_pages",
        1,
        "A record may cross a page boundary, at a VA that differs from its IPA",
        "guest_va_to_ipa() translates a VA to an IPA, with the page offset and without the"
        " attributes of PAR_EL1. The second page may be anywhere: translate it too.",
        "[report] vm1 task 7 window: sequence 1, work 42, at 1000 ns",
        "[vm1] hypercalls: a report in two pages of its own MMU: 0",
        task=6,
    ),
    _guest_line(
        "par",
        1,
        "A guest's PAR_EL1 is preserved",
        6,
        "AT overwrites PAR_EL1, which the guest may be about to read: save and restore it.",
        "hypercalls",
        "PAR_EL1 is unchanged: yes",
    ),
    _marker(
        "7.wait",
        1,
        "WFI and WFE return, and CPU_OFF does not",
        "Advance ELR_EL2 after WFI and WFE. With its only core off, the VM has stopped.",
        "[vm1] hypercalls: WFI and WFE returned",
        "[trap] vm1 stopped: PSCI CPU_OFF (PC {hex})",
        task=4,
    ),
    _guest_line(
        "stores",
        1,
        "The guest prints with stores of each size",
        7,
        "Skip an access that was emulated: advance ELR_EL2 by 4. " + SAS,
        "uart",
        "by strb",
        "by strh",
        "by str w",
        "by str x",
    ),
    _guest_line(
        "loads",
        1,
        "Loads of every size clear the bits above it",
        7,
        "A load replaces the whole register: bits above the size become 0. " + SAS,
        "uart",
        "ldr w 0x89abcdef, ldr x 0x89abcdef, ldrh 0xcdef, ldrb 0xef",
    ),
    _guest_line(
        "signs",
        1,
        "Signed loads extend the sign, to 32 bits or to 64",
        7,
        "SSE: shift the value up to bit 63 and down again as a signed number. Without SF the target"
        " is a W register, so the upper half is 0.",
        "uart",
        "ldrsw 0xffffffff89abcdef",
        "ldrsh w 0xffffcdef, x 0xffffffffffffcdef",
        "ldrsb w 0xffffffb1, x 0xffffffffffffffb1",
    ),
    _guest_line("halfword", 1, "A store of 16 bits writes 16 bits", 7, SAS, "uart",
                "strh wrote 0x5678"),
    _guest_line(
        "zero_register",
        1,
        "The zero register writes 0 and ignores a load",
        7,
        "SRT = 31 is the zero register: it reads as 0 and ignores writes. It is not x[31] and not"
        " SP.",
        "uart",
        "the zero register wrote 0x0",
        "a load to the zero register worked",
    ),
    _guest_line(
        "offset",
        1,
        "The device gets the offset of the register",
        7,
        "The offset is the IPA minus the aperture's; the page offset is in FAR_EL2.",
        "uart",
        "flags 0x90, identification 0x11, reserved 0x0",
    ),
    _guest_line(
        "every_register",
        1,
        "Each of 31 registers can be source and target of an access",
        7,
        "SRT is ISS bits 20 to 16. x18, x29 and x30 are in the vCPU like all others.",
        "uart",
        "by every register: 0 wrong",
    ),
    _guest_line(
        "other_va",
        1,
        "The UART is recognised by its IPA, at any VA",
        7,
        IPA,
        "uart",
        "by another VA",
    ),
    _marker(
        "7.no_syndrome",
        1,
        "A store of two registers, which has no valid syndrome, stops the VM",
        "With ISV = 0 size and register are not valid, so the access cannot be emulated.",
        "[vm2] uart: not the end of a line",
        "[trap] vm2 stopped: {text} of IPA 0x9000000{text}",
    ),
    _marker(
        "7.smc",
        1,
        "No SMC of a guest reaches the firmware",
        "HCR_EL2.TSC traps each SMC. If the transcript ends here, the firmware got SYSTEM_OFF and"
        " switched the machine off. Only SMC #0 is a call: any other immediate returns -1."
        " " + NOT_SUPPORTED,
        "[vm3] smc: PSCI version 0x10001",
        "[vm3] smc: a function of the firmware: -1",
        "[vm3] smc: SMC #1: -1",
        "[trap] vm3 stopped: PSCI SYSTEM_OFF (PC {hex})",
        task=5,
    ),
    _guest_line(
        "unallocated",
        1,
        "Unallocated instructions are UNDEFINED at EL1",
        4,
        "They go to the guest's own vectors: VBAR_EL1 must be the guest's, and HCR_EL2.TGE 0.",
        "undefined",
        *undefined("an unallocated instruction", "HLT"),
    ),
    _guest_line(
        "fp",
        2,
        "FP, vectors and SVE are UNDEFINED",
        3,
        "CPTR_EL2 traps them (TFP, TZ, TSM); the handlers of the classes FP, SVE and SME inject"
        " UNDEFINED.",
        "undefined",
        *undefined(
            "an FP register, fmov d0, xzr", "a vector, movi v0.2d, #0", "SVE, ptrue p0.b"
        ),
    ),
    _guest_line(
        "keys",
        1,
        "Pointer authentication and its keys are UNDEFINED",
        3,
        "HCR_EL2.API and APK stay 0 in this lab, so keys and PAC instructions trap.",
        "undefined",
        *undefined(
            "a key register, msr APIAKeyLo_EL1, xzr", "pointer authentication, pacia x0, x1"
        ),
        "all of them survived, 7 exceptions",
    ),
    _guest_line(
        "timer_and_pmu",
        1,
        "EL2's timer, performance counters and debug registers are UNDEFINED",
        3,
        "boot.S of lab 1 sets these traps (MDCR_EL2, CNTHCTL_EL2), HCR_EL2.TACR that of ACTLR_EL1;"
        " EC 0x18 needs its row.",
        "sysregs",
        *undefined(
            "read cntpct_el0",
            "write cntp_ctl_el0",
            "read actlr_el1",
            "read pmcr_el0",
            "write pmcntenset_el0",
            "read mdscr_el1",
            "write oslar_el1",
        ),
    ),
    _guest_line(
        "el2_registers",
        1,
        "EL2's own registers and unknown registers are UNDEFINED",
        3,
        "Set TIDCP, TLOR and TERR in HCR_EL2: a guest must not have registers that EL2 does not"
        " switch.",
        "sysregs",
        *undefined(
            "read hcr_el2",
            "write vbar_el2",
            "write S3_0_C0_C0_0",
            "read S3_0_C10_C4_3",
            "read S3_0_C5_C3_0",
            "read S3_0_C15_C0_0",
        ),
    ),
    _guest_line(
        "own_registers",
        1,
        "The guest's own registers do not trap",
        3,
        "TPIDR_EL1 needs no trap: HCR_EL2.TVM and TRVM stay 0. VPIDR_EL2 is set by vcpu_start().",
        "sysregs",
        "read midr_el1: done",
        "write tpidr_el1: done",
    ),
    _guest_line(
        "ids",
        1,
        "The ID registers show no EL2, FP, SVE, PMU or keys, and one core",
        3,
        "HCR_EL2.TID3 traps the ID registers, which sysreg_handle() emulates. Without TID3 a guest"
        " sees features that it cannot use.",
        "sysregs",
        "id_aa64pfr0_el1 bits 7 to 0: 17",
        "id_aa64pfr0_el1 bits 15 to 8: 0",
        "id_aa64pfr0_el1 bits 19 to 16: 15",
        "id_aa64pfr0_el1 bits 35 to 32: 0",
        "id_aa64dfr0_el1 bits 11 to 8: 0",
        "id_aa64isar1_el1 bits 11 to 4: 0",
        "id_aa64mmfr0_el1 bits 3 to 0: 2",
        "MPIDR_EL1 0x80000000",
    ),
    _marker(
        "7.wrote_el2",
        1,
        "The guest that writes EL2's image is stopped, and the next VM runs",
        "A stage-2 fault outside all apertures ends in trap_stop(), for this VM only: never panic()"
        " because of a guest.",
        "[vm6] peek: about to write EL2's image",
        "[trap] vm6 stopped: {text}",
        "[vm7] peek: about to read the guard after its slot",
    ),
    named(
        "ipa_image",
        "The report names the IPA that the guest wrote",
        el2_image_is_named,
        "write of IPA 0x40000000",
        "WNR, ISS bit 6, is 1 for a write. " + IPA,
    ),
    named(
        "ipa_guard",
        "The guest that reads the guard is stopped, and the report has the exact IPA",
        guard_is_named,
        "read of IPA: the start of the guard + 0x123",
        IPA,
    ),
    named(
        "ipa_other",
        "The guest that jumps to the next VM's slot is stopped, and the report has the IPA",
        next_slot_is_named,
        "instruction fetch from IPA: the start of the next VM's slot",
        "An instruction abort has its own class, EC_IABT_LOWER. " + IPA,
    ),
    _guest_line(
        "survivor",
        1,
        "The last VM still starts at EL1 with clean memory",
        3,
        "SPSR_EL2 of a first entry is EL1h with D, A, I and F masked; memory is wiped by"
        " vm_create().",
        "survivor",
        "at EL1, 0 words of its work buffer are not zero",
    ),
    _marker(
        "7.stack",
        1,
        "EL2's stack is at the same depth at every exit",
        "The way back pops the 96 bytes that guest_enter() pushed: SP is VCPU_HYP_SP again when the"
        " exit returns. Note that x[31] is VCPU_HYP_SP, not the zero register.",
        "[test] EL2's stack moved by 0 bytes between exits",
        task=2,
    ),
    Check(
        "lab04.7.every_vm",
        2,
        "Each guest ran in its own slot until it ended",
        test=every_vm_ran_to_its_end,
        wanted="a line of each VM, and its stop with a PC in its slot",
        needs="lab04.7.registers",
        hint="An exit saves to the vCPU of the guest that ran: SP_EL2 must point to that vCPU at"
             " each entry.",
    ),
    never(
        "off_for_good",
        "A VM that is off does not continue",
        "vm[013]",
        "OFF returned",
        "smc",
        "CPU_OFF and SYSTEM_OFF do not return: TRAP_STOP ends the VM.",
    ),
    never(
        "nothing_through",
        "No access outside a VM's memory succeeded",
        "vm[678]",
        "the access succeeded",
        "wrote_el2",
        "Do not skip an access that stage 2 refused: the guest would believe that it succeeded.",
    ),
    Check(
        "lab04.7.off",
        1,
        "The stage ends by itself, without a panic",
        test=switches_off,
        wanted="power-off",
        needs="lab04.7.stack",
        hint="A guest caused the panic: EL2 must handle that and not panic.",
    ),
    Check(
        "lab04.7.controls",
        2,
        "HCR_EL2, CPTR_EL2 and VBAR_EL2 are as in task 3 before every first entry",
        test=machine.controls_are_right,
        machine=True,
        for_task=False,  # it shows the work of task 3
        wanted="each bit of the table, and guest_vectors",
        hint="guest_config() writes all bits of these registers. entry_check() does not test all of"
             " them, this check does.",
        section="task-3",
    ),
    Check(
        "lab04.7.first_state",
        2,
        "Each VM starts in its slot, at EL1h, masked, with its MMU off and its own VMID",
        test=machine.first_state_is_right,
        machine=True,
        proof=False,
        wanted="ELR_EL2 = SLOT_ADDR, SPSR_EL2 = 0x3c5, SCTLR_EL1 = RES1, VTTBR_EL2 of the VM",
        hint="vcpu_start() runs for each VM: reset_el1() clears what an earlier VM left, then set"
             " ELR_EL2 and SPSR_EL2.",
        section="task-3",
    ),
    Check(
        "lab04.7.depth",
        2,
        "EL2's stack is as deep before the last VM as before the first",
        test=machine.stack_stays_where_it_is,
        machine=True,
        proof=False,
        wanted="one SP at every first entry",
        hint="guest_exit pops what guest_enter pushed: the vCPU holds the SP of EL2 after the"
             " push.",
        section="task-2",
    ),
    Check(
        "lab04.2.speculation",
        1,
        "The core does not speculate past the ERET into the guest",
        test=eret_is_fenced,
        wanted="ERET; DSB NSH; ISB",
        hint="Put `dsb nsh` and `isb` (or `sb`) after the ERET of guest_enter(). They are never"
             " executed.",
        needs="lab04.2.world_switch",
    ),
    executed_in_order(
        "lab04.3.in_effect",
        1,
        "The traps for guests are in effect when guest_config() returns",
        "MSR HCR_EL2, CPTR_EL2, VBAR_EL2; ISB",
        "guest_config() ends with an ISB.",
    ),
    executed_in_order(
        "lab04.6.par",
        1,
        "PAR_EL1 is read after the result of AT is available",
        "AT S1E1R; ISB; MRS PAR_EL1",
        "AT writes PAR_EL1 indirectly: only an ISB between guarantees that a read sees the result.",
    ),
    probed(
        "lab04.2.every_exit",
        2,
        "The entry and each of the four exits move all registers",
        "x0 to x30 of the vCPU at the ERET; then the reason in w0, EL2's x19 to x29 and SP",
        "Slots 8 to 11 are EXIT_SYNC, EXIT_IRQ, EXIT_FIQ and EXIT_SERROR, in this order, each with"
        " all 31 registers.",
        needs="lab04.2.world_switch",
    ),
    probed(
        "lab04.3.whole",
        1,
        "All bits of each register are written",
        "each bit of the table, regardless of the earlier value",
        "Do not rely on s2_activate() for VM and RW, and do not read, change and write back.",
        needs="lab04.3.entry",
    ),
    probed(
        "lab04.4.each_counted",
        1,
        "Exits of each class and reason have their own counters",
        "one more in exits[exit_class(reason, esr)]",
        "The array has EC_COUNT + 3 counters: EXIT_IRQ, which is 1, counts at EC_COUNT. For reasons"
        " other than EXIT_SYNC ESR_EL2 still has the value of an older exit.",
        needs="lab04.4.unexpected",
        for_task=False,
    ),
    probed(
        "lab04.4.stepped",
        1,
        "A trapped WFI or WFE is skipped as if it had been executed",
        "ELR_EL2 + 4, SPSR_EL2.BTYPE clear, no register changed, TRAP_RESUME",
        "trap_skip_instruction() does both. With BTYPE left set, the next instruction in a guarded"
        " page faults.",
        needs="lab04.4.unexpected",
    ),
    probed(
        "lab04.4.reasons",
        1,
        "IRQ, FIQ and SError go to the handlers of their reasons",
        "interrupt_handlers[reason] called once with the vCPU, and its result returned",
        "The table is interrupt_handlers, its index the reason. trap_handle() returns the handler's"
        " result.",
        needs="lab04.4.unexpected",
    ),
    probed(
        "lab04.5.immediates",
        1,
        "All 16 bits of an HVC's immediate select the service",
        "HYP_NOT_SUPPORTED for each number without a service, and no other register changed",
        "Compare all of FIELD_GET(ISS_IMM16, esr): HVC #0x100 is not HVC #0, and HVC #0x160 is not"
        " a report.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.5.smc_only_0",
        1,
        "An SMC is never a hypercall",
        "SMCCC_NOT_SUPPORTED for SMC of any immediate but 0",
        "smc_handle() calls smccc() only for SMC #0: SMC #HVC_YIELD is not a yield.",
        needs="lab04.5.hvc",
        proof=False,
    ),
    probed(
        "lab04.5.psci",
        1,
        "Three PSCI functions stop the VM, by HVC and by SMC",
        "CPU_OFF, SYSTEM_OFF, SYSTEM_RESET: a line, VCPU_STOPPED, TRAP_STOP; -1 for unknown"
        " functions",
        "The function is in w0: ignore the upper half of x0. Skip an SMC first.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.6.translates",
        1,
        "A VA is translated for a read, and PAR_EL1 is preserved",
        "the IPA with its offset, or E_FAULT; PAR_EL1 of the guest in both cases",
        "Use AT S1E1R, not S1E1W, which faults on a read-only page. Restore PAR_EL1 also before you"
        " return E_FAULT.",
        needs="lab04.5.hvc",
        for_task=False,  # nothing to test where the function is inlined
    ),
    probed(
        "lab04.6.reports",
        1,
        "A report shows all digits of its fields; a bad record is not printed",
        "one line for a good record, HYP_BAD_VALUE and no line for a bad one",
        "The task has 32 bits, %u; the other three have 64, %lu: all are unsigned. Compare all 32"
        " bits of the version.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.6.once",
        1,
        "A record is copied once",
        "no byte of it copied by two calls of guest_copy_from()",
        "The guest may change the record between two reads: copy it, check the copy, print the"
        " copy.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.6.edges",
        1,
        "The VM's own memory can be copied up to its last byte",
        "the bytes of its slot and its mailbox, and E_FAULT for one byte more",
        ADDRESS,
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.6.pages",
        1,
        "A copy follows the guest's own tables, page by page",
        "the bytes that EL1 itself would read, or E_FAULT",
        "Translate each page separately: it may be anywhere. Refuse a buffer that wraps to address"
        " 0 even if a page is mapped there: va + size < va.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.6.stage2",
        1,
        "A copy reads from the PA of stage 2, and only the VM's own memory",
        "the PA from s2_walk(), and vm_owns() in every case",
        "Only in these labs an IPA equals its PA and nothing else is mapped: call both functions.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.6.caches",
        1,
        "EL2 sees what the guest wrote with its caches off",
        "DC CIVAC of each line before EL2 reads it",
        "Call cache_clean_invalidate() for the part, then memcpy(): EL2's caches may have an older"
        " copy.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.7.faults",
        2,
        "Each kind of stage-2 fault is reported with its IPA",
        "the page from HPFAR_EL2 where that is valid, else from guest_va_to_ipa(); with the offset"
        " if known",
        "HPFAR_EL2 is not valid for a permission fault, except for one on the guest's table walk"
        " (S1PTW), whose IPA has no offset from FAR_EL2.",
        needs="lab04.3.entry",
    ),
    probed(
        "lab04.7.accesses",
        2,
        "Loads and stores of each size, sign and register are emulated",
        "one call of the device's read or write with offset, size and value; the register; ELR_EL2"
        " + 4",
        "Take all of it from SAS, SSE, SRT, SF and WNR of the syndrome. " + SAS,
        needs="lab04.3.entry",
    ),
]
