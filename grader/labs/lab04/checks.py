# SPDX-License-Identifier: MIT
"""Lab 4: into the guest and back.

In the order of the transcript: self-tests task by task, then one probe guest after
the other, each to its end. The probes need all six tasks.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..boot_checks import switches_off
from ..check import Check, Evidence
from ..execution_order import eret_is_fenced, executed_in_order
from ..probe_checks import probed
from . import machine, probes
from .rules import (
    GUESTS,
    a_guest_is_heard,
    el2_image_is_named,
    every_vm_ran_to_its_end,
    guard_is_named,
    next_slot_is_named,
    undefined,
)

PROBES = probes.PROBES


def marker(name: str, points: int, title: str, hint: str, *lines: str, task: int = 0) -> Check:
    """Lines of the transcript, one behind the other; `task` is where to read, if not the own."""
    section = f"task-{task}" if task else ""
    return Check(
        f"lab04.{name}", points, title, line="\n".join(lines), hint=hint, section=section
    )


def selftest(name: str, points: int, title: str, hint: str, *facts: str) -> Check:
    """EL2's self-test of one task."""
    return marker(name, points, title, hint, *(f"[test] {fact}" for fact in facts))


def probe(
    name: str, points: int, title: str, task: int, hint: str, guest: str, *facts: str
) -> Check:
    """What a probe guest found out, once all tasks are there."""
    lines = (f"[vm{GUESTS.index(guest)}] {guest}: {fact}" for fact in facts)
    return marker(f"6.{name}", points, title, hint, *lines, task=task)


def never(name: str, title: str, vm: str, words: str, needs: str, hint: str) -> Check:
    """What a guest says when EL2 let pass what should have been its end."""
    return Check(
        f"lab04.6.{name}",
        1,
        title,
        pattern=rf"\[{vm}\] .*{re.escape(words)}.*",
        forbidden=True,
        wanted=f"no line of {vm} with: {words}",
        needs=f"lab04.6.{needs}",
        hint=hint,
    )


def named(name: str, title: str, test: Callable[[Evidence], str], wanted: str, hint: str) -> Check:
    """The VM that reached for what is not its own was stopped for that."""
    return Check(f"lab04.6.{name}", 1, title, test=test, wanted=wanted, hint=hint)


ADDRESS = (
    "Ask the MMU, as a guest's pointer is a VA: AT S1E1R, then PAR_EL1. The IPA that it answers"
    " must be memory of this VM (vm_owns()), page by page, to the record's end."
)
NOT_SUPPORTED = "What EL2 does not know is NOT_SUPPORTED, -1, and never an error of EL2's."
SAS = "SAS is log2 of the size in bytes. What is beyond it is not part of the access: mask it off."
IPA = (
    "HPFAR_EL2.FIPA is bits 43 to 4 and holds the IPA from bit 12 up; bits 11 to 0 come from"
    " FAR_EL2. FAR alone is a virtual address."
)

CHECKS = [
    selftest(
        "1.vectors",
        3,
        "The guest vectors are aligned, and no slot is empty",
        "Four exits, in slots 8 to 11: each is 32 instructions at the most, and `.balign 0x80`"
        " begins it.",
        "guest_vectors: aligned to 2 KiB: yes, empty slots: 0",
    ),
    selftest(
        "2.world_switch",
        4,
        "31 registers go into the guest and come out, and EL2's own come back",
        "x18, x29 and x30 are the ones most often left out; nothing may be used before it is saved,"
        " and the register that is the base of the loads comes last. A panic, or registers full of"
        " 0xeeee: SP is not from VCPU_HYP_SP, or was stored there before the push. Another reason: w0."
        " What guest_enter() pushes (96 bytes), the way back pops.",
        "world switch: reason 0, EC 0x16, 0 of 31 registers wrong, EL2 lost 0",
    ),
    selftest(
        "3.entry",
        3,
        "Everything that the first entry relies on is in place",
        "SPSR_EL2 is EL1h with D, A, I and F masked, ELR_EL2 the slot; HCR_EL2 has all that the table of"
        " the task lists, VBAR_EL2 the guest vectors. A panic names what is missing.",
        "first entry: everything it relies on is in place",
    ),
    selftest(
        "4.wfi",
        2,
        "A trapped WFI is done and stepped over",
        "ELR_EL2 of a trapped WFI is the WFI itself: advance it by 4, or it is taken for ever; once,"
        " in wait_handle(), as trap_handle() advances nothing.",
        "WFI: stepped over: yes",
    ),
    selftest(
        "4.sysreg",
        2,
        "A trapped ID register is read and stepped over",
        "EC 0x18 has its row, sysreg_handle(), which advances ELR_EL2 itself.",
        "ID register: read: yes, stepped over: yes",
    ),
    selftest(
        "4.undefined",
        2,
        "A register that is EL2's is UNDEFINED for the guest",
        "inject_undefined() puts the guest's PC into ELR_EL1; ELR_EL2 is not advanced, as the"
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
        "What has no handler stops the VM",
        "A row that is not there is NULL: unexpected_class() says what it was. For an exit other than"
        " EXIT_SYNC the reason decides: for an IRQ or FIQ ESR_EL2 is an older exit's.",
        "an SError stops the VM: yes, a class without a row too: yes",
    ),
    selftest(
        "5.hvc",
        2,
        "HVC #0 tells PSCI's version, and the guest goes on behind it",
        "A row for PSCI_VERSION in smccc(). ELR_EL2 of an HVC is behind it already: adding 4 skips"
        " an instruction.",
        "HVC #0, PSCI_VERSION: 0x10001, goes on behind it: yes",
    ),
    selftest(
        "5.unknown_hvc",
        2,
        "An unknown HVC is not supported",
        "The immediate is ISS bits 15 to 0 and says which service. " + NOT_SUPPORTED,
        "HVC #0x1234: -1",
    ),
    selftest(
        "5.smc",
        2,
        "SMC answers as HVC #0 does, and is stepped over",
        "HCR_EL2.TSC traps SMC; its ELR_EL2 is the SMC itself, so it has to be stepped over.",
        "SMC #0, PSCI_VERSION: 0x10001, goes on behind it: yes",
    ),
    selftest("5.null", 2, "A null pointer is refused", ADDRESS, "HVC #0x60 with NULL: -2"),
    selftest(
        "5.system_off",
        2,
        "PSCI SYSTEM_OFF stops the VM and not the machine",
        "trap_stop() for this vCPU; power_off() would switch off the machine of all VMs.",
        "PSCI SYSTEM_OFF stops the VM: yes",
    ),
    Check(
        "lab04.6.uart",
        1,
        "What a guest writes to its UART arrives",
        test=a_guest_is_heard,
        wanted="lines of vm0",
        hint="A store to the UART is a data abort: its row in `handlers`; FIPA shifted into place; WnR says"
        " that it writes; the offset is the IPA minus aperture->ipa; then one instruction on.",
    ),
    probe(
        "registers",
        1,
        "10000 hypercalls change no register of the guest, nor its SP",
        1,
        "An exit saves into the vCPU at SP_EL2, every register where VCPU_X(n) says. The result"
        " changes x0 alone.",
        "registers",
        "10000 hypercalls, 0 registers changed",
    ),
    marker(
        "6.report",
        1,
        "A good record is printed, in one line",
        "guest_copy_from() with x0 and the size of struct task_report; the fields in the order of"
        " the line.",
        "[report] vm1 task 7 probe: sequence 1, work 42, at 1000 ns",
        "[vm1] hypercalls: a good report: 0",
        task=5,
    ),
    probe(
        "records",
        1,
        "Records of another version or with a bad name are refused",
        5,
        "Copy the record once, then check the copy: the version, and a printable name with a NUL"
        " inside its 16 bytes. HYP_BAD_VALUE is -3.",
        "hypercalls",
        "another version: -3",
        "a name without end: -3",
        "a name with control characters: -3",
    ),
    probe(
        "pointers",
        2,
        "Pointers to what is not the VM's memory are refused",
        5,
        ADDRESS,
        "hypercalls",
        "NULL: -2",
        "EL2's image: -2",
        "the next VM's slot: -2",
        "the next VM's mailbox: -2",
        "the UART: -2",
    ),
    probe(
        "half",
        1,
        "A record that goes on in the guard is refused",
        5,
        "Check the whole record, not its first byte: it may go over a page boundary into what is"
        " not the VM's.",
        "hypercalls",
        "half in the guard: -2",
    ),
    probe(
        "wraps",
        1,
        "Records at the ends of the address space are refused",
        5,
        "va + size may be smaller than va: test that before the loop.",
        "hypercalls",
        "beyond the address space: -2",
        "the tables' limit: -2",
    ),
    probe(
        "services",
        1,
        "HVC yield answers 0, and virtual time goes on",
        5,
        "x0 = HYP_OK and TRAP_RESCHEDULE for yield; HVC_VIRTUAL_TIME answers in x0, in nanoseconds"
        " of CNTVCT_EL0.",
        "hypercalls",
        "unknown HVC: -1",
        "yield: 0",
        "virtual time goes on: yes, began less than 1 s ago: yes",
    ),
    probe(
        "smccc",
        1,
        "SMCCC and PSCI tell their versions, and know what they do not know",
        5,
        NOT_SUPPORTED,
        "hypercalls",
        "SMCCC version 0x10001, PSCI version 0x10001",
        "an unknown function: -1",
    ),
    marker(
        "6.two_pages",
        1,
        "A record may go over a page boundary, at a VA that is not its IPA",
        "A pointer is a VA, which guest_va_to_ipa() makes an IPA, with the page offset and without the"
        " attributes of PAR_EL1. The second page is wherever stage 1 says: translate it too.",
        "[report] vm1 task 7 window: sequence 1, work 42, at 1000 ns",
        "[vm1] hypercalls: a report in two pages of its own MMU: 0",
        task=5,
    ),
    probe(
        "par",
        1,
        "PAR_EL1 stays the guest's",
        5,
        "AT writes PAR_EL1, which the guest may be about to read: keep its value and put it back.",
        "hypercalls",
        "PAR_EL1 is as it was: yes",
    ),
    marker(
        "6.wait",
        1,
        "WFI and WFE come back, and CPU_OFF does not",
        "ELR_EL2 goes on behind WFI and WFE. The VM's only core is off, so the VM has stopped.",
        "[vm1] hypercalls: WFI and WFE came back",
        "[trap] vm1 stopped: PSCI CPU_OFF (PC {hex})",
        task=4,
    ),
    probe(
        "stores",
        1,
        "The guest prints by stores of each size",
        6,
        "An access that is emulated is done: ELR_EL2 goes on by 4. " + SAS,
        "uart",
        "by strb",
        "by strh",
        "by str w",
        "by str x",
    ),
    probe(
        "loads",
        1,
        "Loads of every size put zeros above what they read",
        6,
        "A load replaces the whole register: what is above the size becomes 0. " + SAS,
        "uart",
        "ldr w 0x89abcdef, ldr x 0x89abcdef, ldrh 0xcdef, ldrb 0xef",
    ),
    probe(
        "signs",
        1,
        "Signed loads extend the sign, to 32 bits or to 64",
        6,
        "SSE: shift the value up to bit 63 and down again as a signed number. Without SF the result"
        " goes to a W register, so its upper half is 0.",
        "uart",
        "ldrsw 0xffffffff89abcdef",
        "ldrsh w 0xffffcdef, x 0xffffffffffffcdef",
        "ldrsb w 0xffffffb1, x 0xffffffffffffffb1",
    ),
    probe("halfword", 1, "A store of 16 bits writes 16 bits", 6, SAS, "uart", "strh wrote 0x5678"),
    probe(
        "zero_register",
        1,
        "The zero register writes 0 and takes a load",
        6,
        "SRT = 31 is the zero register: it reads as 0 and takes nothing. It is not x[31], nor SP.",
        "uart",
        "the zero register wrote 0x0",
        "the zero register took a load",
    ),
    probe(
        "offset",
        1,
        "The device sees the offset of the register",
        6,
        "The offset is the IPA minus the aperture's; the page offset is in FAR_EL2.",
        "uart",
        "flags 0x90, identification 0x11, reserved 0x0",
    ),
    probe(
        "every_register",
        1,
        "Each of 31 registers is source and target of an access",
        6,
        "SRT is ISS bits 20 to 16. x18, x29 and x30 are in the vCPU like all others.",
        "uart",
        "by every register: 0 wrong",
    ),
    probe(
        "other_va",
        1,
        "The UART is where its IPA is, whatever the VA",
        6,
        IPA,
        "uart",
        "by another VA",
    ),
    marker(
        "6.no_syndrome",
        1,
        "A store of two registers, which has no valid syndrome, stops the VM",
        "ISV = 0: size and register mean nothing then, so there is nothing to emulate.",
        "[vm2] uart: not the end of a line",
        "[trap] vm2 stopped: {text} of IPA 0x9000000{text}",
    ),
    marker(
        "6.smc",
        1,
        "No SMC of a guest reaches the firmware",
        "HCR_EL2.TSC traps each. If the transcript ends here, the firmware got SYSTEM_OFF and"
        " switched the machine off. Only SMC #0 is a call: any other immediate is -1. " + NOT_SUPPORTED,
        "[vm3] smc: PSCI version 0x10001",
        "[vm3] smc: a function of the firmware's own: -1",
        "[vm3] smc: SMC #1: -1",
        "[trap] vm3 stopped: PSCI SYSTEM_OFF (PC {hex})",
        task=5,
    ),
    probe(
        "unallocated",
        1,
        "Unallocated instructions are UNDEFINED at EL1",
        4,
        "The guest's own vectors take it: VBAR_EL1 must be the guest's, and HCR_EL2.TGE 0.",
        "undefined",
        *undefined("an unallocated instruction", "HLT"),
    ),
    probe(
        "fp",
        2,
        "FP, vectors and SVE are UNDEFINED",
        3,
        "Trapped by CPTR_EL2 (TFP, TZ, TSM); the classes FP, SVE and SME inject UNDEFINED.",
        "undefined",
        *undefined(
            "an FP register, fmov d0, xzr", "a vector, movi v0.2d, #0", "SVE, ptrue p0.b"
        ),
    ),
    probe(
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
    probe(
        "timer_and_pmu",
        1,
        "EL2's timer, performance counters and debug registers are out of reach",
        3,
        "These traps are set up in lab 1's boot.S (MDCR_EL2, CNTHCTL_EL2), ACTLR_EL1's is"
        " HCR_EL2.TACR; EC 0x18 needs its row.",
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
    probe(
        "el2_registers",
        1,
        "So are EL2's own registers, and those that nobody knows",
        3,
        "HCR_EL2 with TIDCP, TLOR and TERR: what EL2 does not switch, a guest must not have.",
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
    probe(
        "own_registers",
        1,
        "What is the guest's own does not trap",
        3,
        "TPIDR_EL1 needs no trap: HCR_EL2.TVM and TRVM stay 0. VPIDR_EL2 is set by vcpu_start().",
        "sysregs",
        "read midr_el1: done",
        "write tpidr_el1: done",
    ),
    probe(
        "ids",
        1,
        "The ID registers promise no EL2, FP, SVE, PMU or keys, and one core",
        3,
        "HCR_EL2.TID3 traps the ID registers; sysreg_handle() answers for them. Without TID3 a guest"
        " is promised what it cannot use.",
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
    marker(
        "6.wrote_el2",
        1,
        "The guest that writes EL2's image is stopped, and the next VM runs",
        "A stage-2 fault outside of all apertures ends in trap_stop(), for this VM alone: no panic()"
        " for what a guest does.",
        "[vm6] peek: about to write EL2's image",
        "[trap] vm6 stopped: {text}",
        "[vm7] peek: about to read the guard behind its slot",
    ),
    named(
        "ipa_image",
        "The report names the IPA that it wrote",
        el2_image_is_named,
        "write of IPA 0x40000000",
        "WNR, ISS bit 6, is 1 for a write. " + IPA,
    ),
    named(
        "ipa_guard",
        "The guest that reads the guard is stopped, and the IPA named to the byte",
        guard_is_named,
        "read of IPA: the start of the guard + 0x123",
        IPA,
    ),
    named(
        "ipa_other",
        "The guest that goes on in the next VM's slot is stopped, and the IPA named",
        next_slot_is_named,
        "instruction fetch from IPA: the start of the next VM's slot",
        "An instruction abort has a class of its own, EC_IABT_LOWER. " + IPA,
    ),
    probe(
        "survivor",
        1,
        "After all of them, a VM still starts at EL1 with clean memory",
        3,
        "SPSR_EL2 of a first entry is EL1h with D, A, I and F masked; memory is wiped by"
        " vm_create().",
        "survivor",
        "at EL1, 0 words of its work buffer are not zero",
    ),
    marker(
        "6.stack",
        1,
        "EL2's stack is where it was at every exit",
        "guest_enter() pushes 96 bytes and the way back pops them: SP is VCPU_HYP_SP again when"
        " the exit returns. And x[31] is not the zero register, but VCPU_HYP_SP.",
        "[test] EL2's stack moved by 0 bytes between exits",
        task=2,
    ),
    Check(
        "lab04.6.every_vm",
        2,
        "Each probe ran in its own slot, to its end",
        test=every_vm_ran_to_its_end,
        wanted="a line of each VM, and how it stopped, with a PC in its slot",
        needs="lab04.6.registers",
        hint="An exit saves into the vCPU whose guest ran: SP_EL2 is that vCPU, whatever ran"
        " before.",
    ),
    never(
        "off_for_good",
        "A VM that is off does not go on",
        "vm[013]",
        "OFF came back",
        "smc",
        "CPU_OFF and SYSTEM_OFF do not return: TRAP_STOP ends the VM.",
    ),
    never(
        "nothing_through",
        "No access outside of a VM's memory went through",
        "vm[678]",
        "that went through",
        "wrote_el2",
        "Stepping over an access that stage 2 refused lets the guest believe that it happened.",
    ),
    Check(
        "lab04.6.off",
        1,
        "The stage ends by itself, without a panic",
        test=switches_off,
        wanted="power-off",
        needs="lab04.6.stack",
        hint="A panic here names what a guest provoked: EL2 must answer for it, not fall.",
    ),
    Check(
        "lab04.6.controls",
        2,
        "HCR_EL2, CPTR_EL2 and VBAR_EL2 hold what task 3 lists, before every first entry",
        test=machine.controls_are_right,
        machine=True,
        wanted="each bit of the table, and guest_vectors",
        hint="guest_config() writes the registers whole; entry_check() cannot see all of it, this check can.",
        section="task-3",
    ),
    Check(
        "lab04.6.first_state",
        2,
        "Each VM starts in its slot, at EL1h, masked, its MMU off, under its own VMID",
        test=machine.first_state_is_right,
        machine=True,
        proof=False,
        wanted="ELR_EL2 = SLOT_ADDR, SPSR_EL2 = 0x3c5, SCTLR_EL1 = RES1, VTTBR_EL2 of the VM",
        hint="vcpu_start() is called for each VM: reset_el1() for what an earlier one left, then ELR_EL2 and SPSR_EL2.",
        section="task-3",
    ),
    Check(
        "lab04.6.depth",
        2,
        "EL2's stack is as deep before the last VM as before the first",
        test=machine.stack_stays_where_it_is,
        machine=True,
        proof=False,
        wanted="one SP at every first entry",
        hint="guest_exit pops what guest_enter pushed: the SP of EL2 that is kept in the vCPU is the one behind the push.",
        section="task-2",
    ),
    Check(
        "lab04.2.speculation",
        1,
        "The core does not speculate past the ERET into the guest",
        test=eret_is_fenced,
        wanted="ERET; DSB NSH; ISB",
        hint="Behind the ERET of guest_enter() stand `dsb nsh` and `isb` (or `sb`), which are never executed.",
        needs="lab04.2.world_switch",
    ),
    executed_in_order(
        "lab04.3.in_effect",
        1,
        "What guests may not do is in effect when guest_config() returns",
        "MSR HCR_EL2, CPTR_EL2, VBAR_EL2; ISB",
        "guest_config() ends with an ISB.",
    ),
    executed_in_order(
        "lab04.5.par",
        1,
        "PAR_EL1 is read when the answer of AT is there",
        "AT S1E1R; ISB; MRS PAR_EL1",
        "AT writes PAR_EL1 indirectly: only an ISB between makes sure that a read of it sees the answer.",
    ),
    probed(
        "lab04.2.every_exit",
        2,
        "The way in and each of the four ways out are whole",
        "x0 to x30 of the vCPU at the ERET; then the reason in w0, EL2's x19 to x29 and SP",
        "Slots 8 to 11 are EXIT_SYNC, EXIT_IRQ, EXIT_FIQ and EXIT_SERROR, in this order, each with all"
        " 31 registers.",
        needs="lab04.2.world_switch",
    ),
    probed(
        "lab04.3.whole",
        1,
        "Each register is written as a whole",
        "each bit of the table, whatever lab 3 or an earlier program left there",
        "Do not count on s2_activate() for VM and RW, and do not read, change and write back.",
        needs="lab04.3.entry",
    ),
    probed(
        "lab04.4.each_counted",
        1,
        "Exits of each class and reason are counted in their own place",
        "one more in exits[exit_class(reason, esr)]",
        "The array has EC_COUNT + 3 counters: EXIT_IRQ, which is 1, counts at EC_COUNT. For other reasons"
        " than EXIT_SYNC what ESR_EL2 holds is an older exit's.",
        needs="lab04.4.unexpected",
    ),
    probed(
        "lab04.4.reasons",
        1,
        "IRQ, FIQ and SError go to the handlers of their reasons",
        "interrupt_handlers[reason] called once, with the vCPU, and its answer answered",
        "The table is interrupt_handlers, its index the reason. What a handler answers, trap_handle() answers.",
        needs="lab04.4.unexpected",
    ),
    probed(
        "lab04.5.immediates",
        1,
        "All 16 bits of an HVC's immediate say which service",
        "HYP_NOT_SUPPORTED for each number without a service, and no other register changed",
        "FIELD_GET(ISS_IMM16, esr), as a whole: HVC #0x100 is not HVC #0, nor HVC #0x160 a report.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.5.smc_only_0",
        1,
        "An SMC is never a hypercall",
        "SMCCC_NOT_SUPPORTED for SMC of any immediate but 0",
        "smc_handle() calls smccc() for SMC #0 and nothing else: SMC #0x61 is no yield.",
        needs="lab04.5.hvc",
        proof=False,
    ),
    probed(
        "lab04.5.psci",
        1,
        "PSCI's three ends stop the VM, by HVC and by SMC",
        "CPU_OFF, SYSTEM_OFF, SYSTEM_RESET: a line, VCPU_STOPPED, TRAP_STOP; -1 for unknown functions",
        "The function is in w0: what stands above it in x0 does not count. An SMC is stepped over first.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.5.reports",
        1,
        "A report shows all digits of its fields, and a bad record none",
        "one line for a good record, HYP_BAD_VALUE and no line for a bad one",
        "The task is 32 bits, %u; the other three 64, %lu: they have no sign. The version is all of its 32 bits.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.5.once",
        1,
        "A record is copied once",
        "no byte of it copied by two calls of guest_copy_from()",
        "What is read a second time may be another: copy the record, check the copy, print the copy.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.5.translates",
        1,
        "A VA is translated as for a read, and PAR_EL1 stays",
        "the IPA with its offset, or E_FAULT; PAR_EL1 of the guest in both cases",
        "AT S1E1R, not S1E1W, which a read-only page refuses. PAR_EL1 goes back before you return E_FAULT, too.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.5.edges",
        1,
        "What is the VM's own is copied, to its last byte",
        "the bytes of its slot and its mailbox, and E_FAULT for one byte more",
        ADDRESS,
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.5.pages",
        1,
        "A copy follows the guest's own tables, page by page",
        "the bytes that EL1 itself would read, or E_FAULT",
        "Each page is translated by itself, and may be anywhere. A buffer that wraps to address 0 is"
        " refused, though a page be there: va + size < va.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.5.stage2",
        1,
        "A copy is from where stage 2 says",
        "s2_walk() for the PA, and vm_owns() whatever s2_walk() says",
        "That an IPA equals its PA, and that nothing else is mapped, is so in these labs alone: ask both.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.5.caches",
        1,
        "What the guest wrote past the caches is seen",
        "DC CIVAC of each line, before EL2 reads it",
        "cache_clean_invalidate() of the part, then memcpy(): EL2 may have an older copy in its caches.",
        needs="lab04.5.hvc",
    ),
    probed(
        "lab04.6.accesses",
        2,
        "Loads and stores of each size, sign and register are emulated",
        "one call of the device's read or write with offset, size and value; the register; ELR_EL2 + 4",
        "SAS, SSE, SRT, SF and WNR of the syndrome say all of it. " + SAS,
        needs="lab04.3.entry",
    ),
    probed(
        "lab04.6.faults",
        2,
        "Each kind of stage-2 fault is named with its IPA",
        "the page from HPFAR_EL2 where that is valid, else from guest_va_to_ipa(); an offset where there is one",
        "HPFAR_EL2 is not valid for a permission fault, but for one on the guest's table walk it is (S1PTW),"
        " whose IPA has no offset from FAR_EL2.",
        needs="lab04.3.entry",
    ),
]
