# SPDX-License-Identifier: MIT
"""What must be executed in which order in lab 6, by EL2 and in its guests.

Two boots serve these rules. The last guest of each is one of the lab's with an instruction that
causes an unexpected fault. memwalk_os has a boot without the others: with a wrong map it faults
endlessly, and then no slice ends in QEMU.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...model.elf import symbols
from ...model.guest_programs import guest_elf
from ...model.layout import layout_of
from ...qemu.instruction_log import Order, Plan, code, name_of, places, with_operands
from ..check import Boot, Check
from ..execution_order import kept_in


def _logged(guests: str, function: str, word: int) -> Boot:
    """A boot with few pages to wipe, one round, and another instruction in the last guest."""
    *others, last = guests.split()
    make = ("SLOT_PAGES=64", f"GUESTS={guests}", "ROUNDS=1")
    return Boot(logged=True, make=make, patches=((f"{len(others)}-{last}", function, word),))


BRK = 0xD420_0000
LDR_X3_X3 = 0xF940_0063  # x3 of guest_task_report() is the work, here the words of one round
STRAYED_FAR = 8192
# scribe only writes its mailbox, with all stores logged.
COUNTS = _logged("scribe counter_os counter_os", "fp_fill", BRK)
WALKS = _logged("memwalk_os memwalk_os", "guest_task_report", LDR_X3_X3)
SCRIBE, COUNTER, STRAYED_COUNTER = 0, 1, 2  # VMs of COUNTS
MEMWALK, STRAYED_MEMWALK = 0, 1  # VMs of WALKS
BOOTS_6 = {"lab06.4": WALKS}  # the other tasks use COUNTS

DSB = "dsb (nsh|ish|osh|sy)"
BARRIER = "d[ms]b (nsh|ish|osh)(st)?|d[ms]b (st|sy)|dmb release"
CLEANED = "dc c?ivac"
NO_ISB = "with no ISB between"
# The first of these is the start of report.c.
REPORT = ("guest_shared_dump", "exit_report", "exit_class_name")

ORDERS_6: dict[str, tuple[Order, ...]] = {
    "lab06.1": (Order("msr vbar_el1", "isb", r"os_main\(\)", NO_ISB, who=f"vm{COUNTER}"),),
    "lab06.2": (
        Order("store mailbox 0 entry.*", BARRIER, "store mailbox 0 count",
              "with no barrier between", who=f"vm{SCRIBE}"),
        Order("store mailbox 0 count", r"guest_log_value\(\)|os_off\(\)", "store mailbox 0 entry.*",
              "so that the count is raised before its entry is there", who=f"vm{SCRIBE}"),
    ),
    "lab06.3": (
        Order("msr daifclr", "isb", "msr daifset|wfi", NO_ISB, who=f"vm{COUNTER}",
              begin="wfi", end=r"fp_differences\(\)"),
    ),
    "lab06.4": (
        Order(r"mmu_init\(\)", f"{CLEANED} data", "msr sctlr_el1",
              "with no DC CIVAC for the data between", who=f"vm{MEMWALK}"),
        Order(r"mmu_init\(\)", f"{CLEANED} mailbox 0.*", "msr sctlr_el1",
              "with no DC CIVAC for the mailbox between", who=f"vm{MEMWALK}"),
        Order(r"mmu_init\(\)", "tlbi vmalle1(is)?", "msr sctlr_el1", "with no TLBI VMALLE1 between",
              who=f"vm{MEMWALK}"),
        Order(r"mmu_init\(\)", "ic iallu(is)?", "msr sctlr_el1", "with no IC IALLU between",
              who=f"vm{MEMWALK}"),
        Order("tlbi vmalle1(is)?|ic iallu(is)?", DSB, "msr sctlr_el1",
              "with no DSB between that waits for it", who=f"vm{MEMWALK}"),
        Order("msr (ttbr0|tcr|mair)_el1|tlbi vmalle1(is)?|ic iallu(is)?", "isb", "msr sctlr_el1",
              NO_ISB, who=f"vm{MEMWALK}"),
        Order("msr sctlr_el1", "isb", r"printf\(\)", NO_ISB, who=f"vm{MEMWALK}"),
    ),
    "lab06.5": (
        Order(r"guest_shared_dump\(\)", f"{CLEANED} mailbox 0.*", r"printf\(\)",
              "with no DC CIVAC for the mailbox between"),
        *(
            Order(r"guest_shared_dump\(\)", f"{CLEANED} mailbox {vm}.*", r"exit_report\(\)",
                  f"with no DC CIVAC for the mailbox of VM {vm} between")
            for vm in range(1, 3)
        ),
    ),
}  # fmt: skip


def executed_in_order_6(name: str, points: int, title: str, wanted: str, hint: str,
                        needs: str = "") -> Check:
    """The check that a task's rules are kept."""
    task = name.rpartition(".")[0]
    return kept_in(BOOTS_6.get(task, COUNTS), ORDERS_6[task], name, points, title, wanted, hint,
                   needs)


def plan_6(boot: Boot, image: Path) -> Plan:
    """What is logged of EL2 and of the guests."""
    rules = [rule for task, rules in ORDERS_6.items()
             if BOOTS_6.get(task, COUNTS) == boot for rule in rules]
    if boot == WALKS:
        return _guest_plan(image, MEMWALK, "memwalk_os", rules, ("dc civac", "dc ivac"))
    names = symbols(image.read_bytes())
    report = min((names[name] for name in REPORT if name in names), default=0)
    plan = with_operands(image, places(image, rules), ("dc civac", "dc ivac"), first=report)
    plan |= _guest_plan(image, SCRIBE, "scribe", rules, ("store",))
    return plan | _guest_plan(image, COUNTER, "counter_os", rules, ())


def _guest_plan(
    image: Path, vm: int, name: str, rules: list[Order], kinds: tuple[str, ...]
) -> Plan:
    """What is logged of a guest, with names for its data and the mailboxes."""
    program, who = guest_elf(image, vm, name), f"vm{vm}"
    plan = with_operands(program, places(program, rules, who), kinds, who) | exceptions(program,
                                                                                        who)
    labels, regions = symbols(program.read_bytes()), {}
    regions["data"] = range(labels["guest_data_start"], labels["guest_image_end"])
    for number in range(3):
        box = layout_of(image).mailbox(number).start
        for part, start, end in (("magic", 0, 8), ("count", 8, 16), ("entry", 32, 4096)):
            regions[f"mailbox {number} {part}"] = range(box + start, box + end)
    return replace(plan, regions=regions)


def exceptions(program: Path, who: str) -> Plan:
    """Where a guest's exceptions arrive, and where it returns from them."""
    data = program.read_bytes()
    vectors = symbols(data).get("os_vectors")
    slots = () if vectors is None else range(vectors, vectors + 0x800, 0x80)
    erets = [at for at, word in code(data) if name_of(word) == "eret"]
    return Plan({**{at: [f"{who} exception"] for at in slots},
                 **{at: [f"{who} eret"] for at in erets}})
