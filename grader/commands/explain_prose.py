# SPDX-License-Identifier: MIT
"""An exception as a paragraph: what happened, what it usually means, where to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

from ..core.kit import LAB_DIRS

from ..model import syndrome as esr
from ..model.address_names import Places
from ..model.platform_map import DEVICES, PLATFORM
from ..model.control_registers import ipa
from ..model.exception_report import Report
from ..model.patterns import meaning as meaning_of_pattern

PAGE = 4096
Meaning = tuple[str, str]  # what it usually means; where to read


def section(lab: int, anchor: str) -> str:
    if lab not in LAB_DIRS:
        return f"the handout of lab {lab}, which this kit does not have"
    return f"{LAB_DIRS[lab]}/README.md#{anchor}"


def task(lab: int, number: int) -> str:
    return section(lab, f"task-{number}")


def paragraph(report: Report, places: Places) -> str:
    """Return the sentences as one line."""
    return " ".join(filter(None, _sentences(report, places)))


def _sentences(report: Report, places: Places) -> Iterator[str]:
    usually, where = "", ""
    if report.panic:
        yield "This is not an exception: EL2 found a state that must not occur, and called panic()."
        usually, where = _panicked(report.text)
    elif report.access:
        yield from _refused(report, places)
        usually, where = _at_stage2(report, report.ipa or 0, report.access, report.fault, places)
    elif report.syndrome is None:
        yield f"EL2 ended VM {report.vm} because of: {report.text}."
        usually, where = _ended(report)
    elif report.bare:
        yield (f"EL2 ended VM {report.vm} for an exception of class 0x{report.syndrome.ec:02x}, "
               f"{report.syndrome.name}: no handler is installed for that class.")
        usually, where = _without_row(report.syndrome)
    else:
        yield from taken(report, report.syndrome, places)
        usually, where = _meaning(report, report.syndrome, places)
    if report.test and "no" not in re.findall(r": (yes|no)\b", report.test):
        usually = ("Nothing is wrong: a self-test ended this VM on purpose, and it reports: "
                   f"{report.test}.")
    yield usually
    yield f"Read: {where}." if where else ""


# What happened


def taken(report: Report, syndrome: esr.Syndrome, places: Places) -> Iterator[str]:
    yield f"Exception class 0x{syndrome.ec:02x}: {syndrome.name}."
    if syndrome.is_abort:
        yield from abort(report, syndrome, places)
    elif syndrome.ec == esr.SYSREG and syndrome.iss:
        verb = "MRS, a read," if syndrome.iss & 1 else "MSR, a write,"
        yield f"The instruction is an {verb} of {syndrome.register}."
    elif syndrome.ec in (esr.HVC64, esr.SMC64, esr.SVC64, esr.BRK64):
        yield f"The instruction's immediate is #0x{syndrome.iss & 0xFFFF:x}."
    if report.elr is not None:
        yield f"It was taken at 0x{report.elr:x}, in {places.at(report.elr)}."
    for value in dict.fromkeys(filter(None, (report.far, report.elr))):
        if pattern := meaning_of_pattern(value):
            yield f"0x{value:x} is {pattern}."


def abort(report: Report, syndrome: esr.Syndrome, places: Places) -> Iterator[str]:
    who = "A guest" if syndrome.from_lower else "EL2"
    stage = "stage 2" if syndrome.from_lower else "EL2's stage 1"
    level = "" if syndrome.level is None else f" at level {syndrome.level}"
    fault, tried = a(syndrome.fault) + level, "tried " + a(syndrome.access)
    if syndrome.on_walk:
        yield f"{who} {tried}; the walk of its own stage-1 tables caused {fault} of {stage}."
    else:
        by_table = syndrome.fault in esr.FAULTS.values()
        yield f"{who} {tried}, which caused {fault}{f' of {stage}' if by_table else ''}."
    if report.far is not None and syndrome.iss >> 10 & 1:
        yield "FnV is 1: FAR is not valid here."
    elif report.far is not None:
        what = "virtual address" if syndrome.from_lower else "address"
        yield f"The {what} is 0x{report.far:x}" + \
            ("." if syndrome.from_lower else f": {places.at(report.far)}.")
    fault_ipa = _ipa_of(report, syndrome)
    if fault_ipa is not None:
        yield f"The IPA is 0x{fault_ipa:x}: {places.at(fault_ipa)}."
    elif report.hpfar is not None:
        yield "HPFAR_EL2 is not valid for this fault: an AT instruction gives the IPA."


def _refused(report: Report, places: Places) -> Iterator[str]:
    """A [trap] line that names an IPA."""
    walk = ", made by the MMU in a walk of the guest's own tables," if report.on_walk else ""
    fault = f"caused {a(report.fault)} of stage 2" if report.fault else \
        "hit a device, with an instruction that the syndrome does not describe (ISV = 0)"
    access = a(report.access)
    yield f"{access[0].upper()}{access[1:]} of VM {report.vm}{walk} {fault}, and EL2 ended the VM."
    yield f"The IPA is 0x{report.ipa:x}: {places.at(report.ipa or 0)}."


def _ipa_of(report: Report, syndrome: esr.Syndrome) -> Optional[int]:
    """The IPA, if HPFAR_EL2 is valid: translation and access flag faults, and faults on walks.

    Arm ARM, "HPFAR_EL2".
    """
    if not syndrome.from_lower or report.hpfar is None:
        return None
    if syndrome.fault == "permission fault" and not syndrome.on_walk:
        return None
    offset = 0 if syndrome.on_walk or report.far is None else report.far % PAGE
    return ipa(report.hpfar) | offset


def a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


# What it usually means

BY_CLASS: dict[int, Meaning] = {
    esr.UNKNOWN: ("Usually: an instruction that does not exist or is not allowed here; a jump "
                  "into data; zeros executed as code. EL2 injects UNDEFINED into a guest.",
                  task(4, 4)),
    esr.WFX: ("Usually: nothing is wrong, because HCR_EL2.TWI and TWE are set. If it comes again "
              "and again, ELR_EL2 was not advanced; if it ends the VM, the handlers' table has no "
              "row for it.", task(4, 4)),
    esr.FP: ("Usually: CPTR_EL2.TFP is still 1, so FP and SIMD trap, also for EL2 itself: "
             "fp_enable() and its ISB.", task(5, 2)),
    esr.SVE: ("Usually: a guest uses SVE, which EL2 hides and traps (CPTR_EL2.TZ). It gets "
              "UNDEFINED.", task(4, 4)),
    esr.SME: ("Usually: a guest uses SME, which EL2 hides and traps (CPTR_EL2.TSM). It gets "
              "UNDEFINED.", task(4, 4)),
    esr.PAUTH: ("Usually: HCR_EL2.API is 0, so pointer authentication traps: pauth_enable().",
                task(5, 3)),
    esr.ILLEGAL: ("Usually: an ERET with an SPSR that is not allowed, such as a mode that does "
                  "not exist or EL1 as AArch32. Look at SPSR_EL2 and at HCR_EL2.RW.", task(4, 3)),
    esr.SVC64: ("Usually: an SVC at EL1 without a handler, or HCR_EL2.TGE is 1.", task(4, 3)),
    esr.HVC64: ("Usually: a hypercall, and nothing is wrong. ELR_EL2 already points to the next "
                "instruction. If it ends the VM, the handlers' table has no row for it.",
                task(4, 5)),
    esr.SMC64: ("Usually: an SMC that HCR_EL2.TSC has trapped, as it should. ELR_EL2 points to "
                "the SMC, so the handler advances it.", task(4, 5)),
    esr.SYSREG: ("Usually: a guest's access to a register that EL2 traps. Without a row in the "
                 "table of trapped registers it gets UNDEFINED; without a row for the class the "
                 "VM ends.", task(4, 4)),
    esr.PC_ALIGN: ("Usually: a branch or a return to a bad address: x30 or ELR overwritten, or "
                   "registers restored in another order than saved.", task(1, 5)),
    esr.SP_ALIGN: ("Usually: SP is not a multiple of 16: a frame of odd size, or SP restored from "
                   "the wrong place.", task(1, 5)),
    esr.SERROR: ("Usually: a write to an address without a device, reported late.", task(1, 6)),
    esr.BTI: ("Usually: a jump to the middle of a function: a wrong vector or pointer.",
              task(1, 5)),
    esr.BRK64: ("Usually: the self-test's own BRK, which is skipped, or a trap that the compiler "
                "put where the program must not go (UBSAN=1).", task(1, 6)),
}


def _meaning(report: Report, syndrome: esr.Syndrome, places: Places) -> Meaning:
    if not syndrome.is_abort:
        unknown = ("Usually: the value is not a syndrome: registers were swapped when the frame "
                   "was saved.", task(1, 5))
        return BY_CLASS.get(syndrome.ec, unknown)
    if syndrome.from_lower:
        address = _ipa_of(report, syndrome)
        if address is None:
            address = report.far if report.far is not None else -1
        report.on_walk = syndrome.on_walk
        return _at_stage2(report, address, syndrome.access, syndrome.fault, places)
    return _at_el2(report, syndrome, places)


def _at_el2(report: Report, syndrome: esr.Syndrome, places: Places) -> Meaning:
    """The meaning of an abort of EL2's own access."""
    far = report.far if report.far is not None else -1
    if syndrome.fault == "external abort" and far == PLATFORM["MEMORY_MAP_HOLE"]:
        return ("This is lab 1's last test, which reads an address without a device on purpose.",
                task(1, 6))
    if syndrome.fault.startswith("external abort"):
        return ("Usually: an address without memory or a device, or a table entry that points "
                "there.", task(1, 6))
    if syndrome.fault == "alignment fault":
        return ("Usually: an unaligned access to Device memory; with the MMU off all memory is "
                "Device memory.", section(2, "what-you-need-to-know"))
    if syndrome.fault == "access flag fault":
        return "Usually: AF, bit 10, is missing in the attributes of a leaf.", task(2, 2)
    if syndrome.fault == "address size fault":
        return "Usually: an address in a table or in TTBR0_EL2 is beyond TCR_EL2.PS.", task(2, 1)
    if syndrome.fault == "permission fault":
        return forbidden(syndrome)
    if 0 <= far < PAGE:
        return ("Usually: a NULL pointer, or a field of a struct that one points to.",
                section(1, "debug-it"))
    where = places.at(far) if far >= 0 else ""
    if "slot of VM" in where and "guard" not in where or "mailbox" in where:
        return ("Usually: EL2 has not mapped the VM's memory for itself (hand_over()), or the VM "
                "has been destroyed. Another cause: EL2 uses a guest's pointer without "
                "translating it.", task(3, 3))
    if any(far in device for device in DEVICES):
        return "Usually: EL2 has not mapped that device.", task(2, 4)
    if where.startswith(("EL2's", "the guard behind EL2's")):
        return ("Usually: a stack or an array overflowed into a guard page, or a section is not "
                "mapped.", task(2, 4))
    return "Usually: a pointer that was never set, or was overwritten.", section(2, "debug-it")


def forbidden(syndrome: esr.Syndrome) -> Meaning:
    if not syndrome.is_data_abort:
        return ("Usually: code in a page that is not executable: text not mapped with PROT_X, or "
                "writable as well while SCTLR_EL2.WXN is 1; or a jump into data.", task(2, 2))
    return "Usually: a write to text or rodata, or AP[2] inverted: 1 is read-only.", task(2, 2)


VECTORS = {0x000: 0, 0x080: 1, 0x200: 4, 0x280: 5, 0x300: 6, 0x380: 7, 0x400: 8, 0x480: 9}


def _at_stage2(report: Report, address: int, access: str, fault: str, places: Places) -> Meaning:
    """The meaning of a guest's access that stage 2 refused; `address` is -1 if unknown."""
    if report.on_walk:
        return ("Usually: TTBR0_EL1 or an entry of the guest's tables is wrong, so the MMU looks "
                "for a table where the VM has no memory.", task(6, 4))
    if fault == "access flag fault":
        return "Usually: AF, bit 10, is missing in the attributes of a stage-2 leaf.", task(3, 2)
    if fault == "permission fault":
        return ("Usually: S2AP used like AP of stage 1 (in stage 2 a 1 permits), or XN set in a "
                "slot.", task(3, 2))
    if fault == "address size fault":
        return ("Usually: the IPA is beyond VTCR_EL2.T0SZ or PS, or T0SZ and SL0 disagree.",
                task(3, 1))
    if not fault:
        return ("Usually: a load or store of two registers, or with write-back, on an emulated "
                "device. EL2 would have to decode the instruction to emulate it, and refuses.",
                task(4, 7))
    if access == "instruction fetch":
        return _fetched(report, address, places)
    return _accessed(report, address, places)


def _fetched(report: Report, address: int, places: Places) -> Meaning:
    if address in VECTORS and address:
        return (
            f"Usually: VBAR_EL1 is 0: 0x{address:x} is slot {VECTORS[address]} of a vector table "
                "that starts at 0. The guest took an exception before it had a vector table.",
                task(6, 1))
    if address == 0:
        return ("Usually: x30 was lost (a return to 0), or ELR_EL2 was never set or not saved for "
                "this vCPU; with the guest's MMU on, TTBR0_EL1 is 0.", task(4, 2))
    where = places.at(address) if address >= 0 else ""
    if where.startswith("the slot of VM"):
        return ("Usually: the core runs with another VM's state: ELR_EL2 and SPSR_EL2 do not move "
                "on a switch, or VTTBR_EL2 does not. From a VM's own slot: that slot is not "
                "mapped. A guest may also try to run another VM's code: lab 4's peek_other does.",
                task(5, 1))
    return ("Usually: a jump through a pointer that was never set, or a guest that tries a "
            "forbidden access.", task(4, 7))


def _accessed(report: Report, address: int, places: Places) -> Meaning:
    where = places.at(address) if address >= 0 else ""
    if where == "the UART":
        return ("Usually: nothing is wrong, because the virtual UART stays unmapped and EL2 "
                "emulates it. If it ends the VM, the aperture was not found: check how the IPA is "
                "computed from HPFAR_EL2 and FAR_EL2.", task(4, 7))
    if where.startswith("the guard behind the slot"):
        return ("Usually: the guest ran past the end of its slot into the guard: an index or a "
                "heap pointer does not wrap. Lab 4's peek_guard does it on purpose.", task(6, 2))
    if where.startswith(("the slot of VM", "the mailbox of VM")):
        return ("Usually: a guest accessed another VM's memory, and stage 2 refused. If it is its "
                "own memory, vm_create() has not mapped it.", task(3, 3))
    if "EL2's" in where:
        return ("Usually: a guest accessed EL2's memory, and stage 2 refused.",
                section(3, "what-you-need-to-know"))
    if 0 <= address < PAGE:
        return "Usually: a NULL pointer of the guest, with its MMU off.", task(6, 2)
    return ("Usually: FIPA was not shifted into place (the IPA is sixteen times too large), or "
            "the guest's MMU is off and a VA was used as an IPA: SCTLR_EL1.M.", task(4, 7))


def _panicked(text: str) -> Meaning:
    if "cannot be entered" in text:
        return ("The sentence names the register: entry_check() tests all that the first ERET "
                "relies on.", task(4, 3))
    return "The line has the reason and a value.", ""


def _without_row(syndrome: esr.Syndrome) -> Meaning:
    if syndrome.ec not in esr.CLASSES:
        return ("No core reports that class: lab 4's self-test sets it on purpose, to see that a "
                "class without a row ends the VM.", task(4, 4))
    return "Usually: a row is missing in the table `handlers` of traps.c.", task(4, 4)


def _ended(report: Report) -> Meaning:
    text = report.text
    if text.startswith("PSCI"):
        if re.search(r"\b(exception|panic)\b", report.last_words, re.I):
            return (f"The guest called it after an error of its own. Its last line: "
                    f"{report.last_words}.", task(6, 1))
        return "The guest called it: this is the normal end of a VM.", task(4, 5)
    if "asleep forever" in text:
        return ("Usually: CNTV_CTL_EL0 is not loaded, or vtimer_deadline() returns VTIMER_NEVER.",
                task(5, 8))
    return ("Usually: an interrupt without a handler, or one that is routed to EL2 by mistake.",
            task(5, 6))
