# SPDX-License-Identifier: MIT
"""What must be executed in which order, task by task: barriers and the accesses around them.

Arm ARM: "Data Synchronization Barrier", "Instruction Synchronization Barrier",
"Synchronization requirements for AArch64 System registers", "TLB maintenance
instructions", "Ordering and completion of TLB maintenance instructions". In most rules
`until` is in given code. Accesses to page tables are judged by address and operand:
table_order.py. Lab 6 has rules for its guests too, with its own boots: lab06/execution_order.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..qemu.instruction_log import Order, code, name_of
from .check import Boot, Check, Evidence

LOGGED_BOOT = Boot(logged=True)
# Stage 5 with guests that do little and slots that take little time to wipe: a tenth of the
# instructions.
LOGGED_BOOT_5 = Boot(logged=True, make=("SLOT_PAGES=64", f"GUESTS={' '.join(['quiet'] * 15)}"))

# A DSB that waits for stores; one that also waits for TLBI.
STORES = "dsb (nsh|ish|osh)(st)?|dsb (st|sy)"
LOCAL = "dsb (nsh|ish|osh|sy)"
SHARED = "dsb (ish|osh|sy)"
FORGET = "tlbi (vmalls12e1|alle1)"

NO_DSB_BEFORE = (
    "with no DSB for the stores to the table between: a walker may load the old entry again")
NO_DSB_AFTER = "with no DSB between that waits for the TLBI"
NO_ISB = "with no ISB between"
CLEANED = "which writes old lines over what was written with the MMU off"

# vcpu_start() of lab 4 has its own order.
OF_A_LOAD = {"begin": r"context_switch\(\)", "end": r"vcpu_start\(\)"}

ORDERS: dict[str, tuple[Order, ...]] = {
    "lab01.2": (
        Order("msr hcr_el2", "isb", "msr (sctlr|cptr|mdcr)_el2", NO_ISB),
        Order("msr (sctlr|cptr|mdcr)_el2", "isb", r"boot_check\(\)", NO_ISB),
        # It sets registers of extensions that QEMU 7.2 lacks, so junk in them would not show.
        Order("msr hcr_el2", r"optional_controls\(\)", r"boot_check\(\)",
              "with no optional_controls() between"),
    ),
    "lab01.5": (Order("msr vbar_el2", "isb", r"say\(\)", NO_ISB),),
    "lab02.5": (
        Order("msr (ttbr0|tcr|mair)_el2", "isb", "msr sctlr_el2", NO_ISB),
        Order(r"el2_mmu_enable\(\)", "dc ivac", "msr sctlr_el2", "with no DC IVAC between"),
        Order(r"el2_mmu_enable\(\)", "msr sctlr_el2", "dc (cvac|civac)", CLEANED),
        Order(r"el2_mmu_enable\(\)", "tlbi alle2(is)?", "msr sctlr_el2",
              "with no TLBI ALLE2 between"),
        Order(r"el2_mmu_enable\(\)", "ic iallu(is)?", "msr sctlr_el2", "with no IC IALLU between"),
        Order("(tlbi alle2|ic iallu)(is)?", LOCAL, "msr sctlr_el2",
              "with no DSB between that waits for it"),
        Order("(tlbi alle2|ic iallu)(is)?", "isb", "msr sctlr_el2", NO_ISB),
        Order("msr sctlr_el2", "isb", r"checkpoint\(\)", NO_ISB),
    ),
    "lab03.5": (
        Order("msr (vttbr|hcr)_el2", "isb", "at s12e1[rw]", NO_ISB),
        Order(r"s2_forget_vmid\(\)", STORES, f"{FORGET}(is)?", NO_DSB_BEFORE),
        Order(r"s2_forget_vmid\(\)|vm_destroy\(\)", f"{FORGET}(is)?", r"say\(\)",
              "with no TLBI VMALLS12E1IS between"),
        Order(f"{FORGET}is", SHARED, "msr vttbr_el2", NO_DSB_AFTER),
        Order(FORGET, LOCAL, "msr vttbr_el2", NO_DSB_AFTER),
        Order(f"{FORGET}(is)?", "isb", r"say\(\)|pt_destroy\(\)", NO_ISB),
    ),
    "lab04.3": (Order("msr (hcr|cptr|vbar)_el2", "isb", r"selftest_entry\(\)", NO_ISB),),
    "lab04.6": (Order("at s1e1[rw]", "isb", "mrs par_el1", NO_ISB),),
    "lab05.1": (
        Order(r"context_switch\(\)", "msr vttbr_el2", "msr ttbr[01]_el1",
              "with no write of VTTBR_EL2 between"),
        Order("msr vttbr_el2", "isb", "msr ttbr[01]_el1", NO_ISB),
    ),
    "lab05.2": (Order("msr cptr_el2", "isb", r"selftest_fp\(\)", NO_ISB),),
    "lab05.4": (
        Order("write gicr_icenabler0", "read gicr_ctlr", "msr icc_igrpen1_el1",
              "with no look at GICR_CTLR.RWP between"),
        Order("msr icc_igrpen1_el1", "isb", r"selftest_gic\(\)", NO_ISB),
        Order("mrs icc_iar1_el1", "dsb sy", "msr icc_eoir1_el1", "with no DSB SY between"),
        Order("msr icc_(eoir1|dir)_el1", "isb", "mrs icc_iar1_el1|wfi", NO_ISB),
    ),
    "lab05.5": (
        Order("msr cnthp_(cval|tval)_el2", "msr cnthp_ctl_el2", "eret|wfi|mrs icc_iar1_el1",
              "and the timer was turned on before it"),
        Order(r"slice_stop\(\)", "isb", r"say\(\)|mrs icc_iar1_el1", NO_ISB),
    ),
    "lab05.8": (
        Order("msr cntv_cval_el0", "msr cntv_ctl_el0", "eret",
              "and the timer was turned on before it", **OF_A_LOAD),
        Order("msr cntvoff_el2", "msr cntv_ctl_el0", "eret",
              "and the timer was turned on before it", **OF_A_LOAD),
        Order("msr cnt(v_cval_el0|voff_el2)", "isb", "msr cntv_ctl_el0", NO_ISB, **OF_A_LOAD),
    ),
}


def orders_of(lab: int) -> list[Order]:
    """All rules of a lab's tasks."""
    return [rule for task, rules in ORDERS.items() if task[:5] == f"lab{lab:02}" for rule in rules]


def executed_in_order(name: str, points: int, title: str, wanted: str, hint: str,
                      needs: str = "") -> Check:
    """The check that a task's rules are kept."""
    task = name.rpartition(".")[0]
    boot = LOGGED_BOOT_5 if task.startswith("lab05") else LOGGED_BOOT
    return kept_in(boot, ORDERS[task], name, points, title, wanted, hint, needs)


def kept_in(
    boot: Boot, rules: Sequence[Order], name: str, points: int, title: str, wanted: str, hint: str,
    needs: str = ""
) -> Check:
    """The check that rules are kept in a boot."""

    def test(evidence: Evidence) -> str:
        faults = [rule.fault(evidence.executed) for rule in rules]
        if all(fault is None for fault in faults):
            return f"none of these instructions was executed; {evidence.run}"
        return next(filter(None, faults), "")

    return Check(name, points, title, hint, test=test, wanted=wanted, needs=needs, boot=boot)


def eret_is_fenced(evidence: Evidence) -> str:
    """SB, or DSB and ISB, follow each ERET of EL2 against speculation."""
    words = [(at, name_of(word)) for at, word in code(evidence.image.read_bytes())]
    words += [(0, "")] * 2
    erets = [place for place, (_, name) in enumerate(words) if name == "eret"]
    for place in erets:
        (at, _), (_, first), (_, second) = words[place : place + 3]
        if first != "sb" and not (first.startswith("dsb") and second == "isb"):
            return f"no barrier after the ERET at 0x{at:x}"
    return "" if erets else "there is no ERET"
