# SPDX-License-Identifier: MIT
"""Lab 3: an address space for every VM.

In the order of the transcript, which is that of the tasks. The first boot is the usual one; then
come two with slots and guards of other sizes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ...model.leaf_fields import ACCESS_FLAG
from ..boot_checks import switches_off
from ..check import Boot, Check
from ..contract_checks import changed_in_order, kept, scripted
from ..execution_order import executed_in_order
from . import contracts, machine
from .rules import (
    blocks_are_used, each_kind, each_maps_its_own, every_page_is_found, fault,
    permissions_are_right, wrong_access, wrong_execution, wrong_type,
)  # fmt: skip

BLOCKS_ONLY = Boot(make=("SLOT_PAGES=512", "GUARD_PAGES=1"))
DIRTY = Boot(poison_ram=True)
ODD_SIZES = Boot(make=("SLOT_PAGES=300", "GUARD_PAGES=16"))


def _marker(name: str, points: int, title: str, hint: str, *facts: str) -> Check:
    """One line or consecutive lines of the self-test."""
    line = "\n".join(f"[test] {fact}" for fact in facts)
    return Check(f"lab03.{name}", points, title, line=line, hint=hint)


def _attribute(
    name: str, points: int, title: str, wrong: Callable[[str, int], bool], wanted: str, hint: str
) -> Check:
    return Check(f"lab03.{name}", points, title, test=each_kind(wrong), wanted=wanted, hint=hint)


def at(name: str, points: int, title: str, what: str, hint: str) -> Check:
    """AT S12E1 translates an address of the VM's own memory."""
    return _marker(name, points, title, hint, f"AT S12E1{what}: PA is IPA: yes")


def _refused(name: str, vm: str, what: str) -> Check:
    """AT S12E1R faults; the level depends on what is mapped nearby."""
    return Check(
        f"lab03.5.{vm}_{name}",
        1,
        f"{what[0].upper()}{what[1:]} is out of reach while {vm} is active",
        pattern=rf"\[test\] AT S12E1R {re.escape(what)}: fault in stage 2, status 0x0[4-7]",
        wanted=f"[test] AT S12E1R {what}: fault in stage 2, status 0x04 to 0x07",
        hint=OUT_OF_REACH,
    )


def _sizes(name: str, boot: Boot, title: str) -> list[Check]:
    return [
        Check(
            f"lab03.3.{name}",
            3,
            title,
            test=each_maps_its_own,
            wanted="slot and mailbox of each VM as in guest_layout.h, and nothing else",
            boot=boot,
            hint="Take addresses and sizes from guest_layout.h (SLOT_ADDR, SLOT_SIZE,"
                 " MAILBOX_ADDR). The guard is not part of SLOT_SIZE.",
        ),
        Check(
            f"lab03.4.{name}",
            1,
            "Slots of that size are mapped by blocks where they fit, and found completely",
            test=lambda evidence: blocks_are_used(evidence) or every_page_is_found(evidence),
            wanted="a block for each aligned 2 MiB, pages for the rest",
            needs=f"lab03.3.{name}",
            boot=boot,
            hint="A slot that starts or ends inside a 2 MiB block has pages there.",
        ),
        Check(
            f"lab03.5.{name}_guard",
            1,
            "With slots of that size the guard after the slot still faults",
            line=f"[test] {fault('reads the guard')}",
            boot=boot,
            hint="Do not round a slot up to whole blocks: they would contain the guard.",
        ),
    ]


OUT_OF_REACH = (
    "If everything translates, HCR_EL2.VM is 0 or takes effect too late (ISB). If the other VM's"
    " memory is visible, VTTBR_EL2 still has its table, or vm_create() mapped too much."
)
VTTBR = (
    "VTTBR_EL2 holds the address of the root table and, in bits 55 to 48, the VMID: FIELD_PREP("
    "VTTBR_EL2_VMID, ...). s2_activate() writes it each time, and adds VM to the value of HCR_EL2."
)
MAILBOX = "The mailbox is a separate mapping: MAILBOX_ADDR(id), one page."

WATCH = machine.WATCH
CONTRACTS = contracts.CONTRACTS
CORTEX_A53 = Boot(options=("-cpu", "cortex-a53"))
SMALL = "SLOT_PAGES=64"  # small slots take little time to wipe
SCRIPTED, ORDERED = scripted(SMALL), scripted(SMALL, logged=True)

CHECKS = [
    _marker(
        "1.start",
        3,
        "VTCR_EL2 starts walks at the level of the root table",
        "SL0 and T0SZ must agree: SL0 = 1 starts at level 1, T0SZ is 64 minus s2_ipa_bits(). If"
        " they do not, walks fault at level 0 or 1. Bit 31 is RES1.",
        "VTCR_EL2: RES1 set: yes, T0SZ for {number} bits of IPA: yes, SL0 for level 1: yes",
    ),
    _marker(
        "1.walks",
        2,
        "VTCR_EL2 sets the PA size, the granule, and cacheability and shareability of walks",
        "PS is the core's PARange, limited by cpu_pa_range(); TG0 = 0 is the 4 KiB granule; walks"
        " are write-back and inner shareable.",
        "VTCR_EL2: PS is the core's: yes, 4 KiB granule: yes,"
        " walks write-back and inner shareable: yes",
    ),
    _attribute(
        "2.access_flag",
        2,
        "Every kind of mapping has the access flag",
        lambda _, bits: not bits & ACCESS_FLAG,
        "AF, bit 10, in each",
        "AF is bit 10, as in stage 1; without it the first access faults in stage 2.",
    ),
    _attribute(
        "2.memory_type",
        4,
        "Memory is Normal write-back and inner shareable, devices are Device-nGnRE",
        wrong_type,
        "MemAttr 0b1111 and SH 0b11 for memory, MemAttr 0b0001 for devices",
        "Stage 2 has the memory type itself in bits 5 to 2 (MemAttr), not an index into MAIR:"
        " 0b1111 is Normal write-back. SH is bits 9 and 8, as in stage 1.",
    ),
    _attribute(
        "2.access",
        4,
        "Every kind of mapping is readable, and with PROT_W also writable",
        wrong_access,
        "S2AP[0], bit 6, always; S2AP[1], bit 7, with PROT_W",
        "S2AP[0] allows reads and S2AP[1] writes: a set bit permits, the opposite of AP[2] in"
        " stage 1.",
    ),
    _attribute(
        "2.execute",
        3,
        "Only a mapping with PROT_X is executable",
        wrong_execution,
        "XN 0b00 with PROT_X, 0b10 without and for devices",
        "XN[1:0] is bits 54 and 53; 0b10 (only bit 54) forbids execution at EL1 and at EL0.",
    ),
    Check(
        "lab03.3.vmids",
        3,
        "Two VMs with different VMIDs are created",
        line="[vm] red: VMID 1, blue: VMID 2, {number} bits of IPA",
        hint="The VMID is the VM's number plus 1. With one VMID for both, a VM may use the other's"
        " translations from the TLB.",
    ),
    Check(
        "lab03.3.map",
        4,
        "Each VM maps exactly its slot and its mailbox",
        test=each_maps_its_own,
        wanted="slot and mailbox of each VM as in guest_layout.h, and nothing else",
        needs="lab03.3.vmids",
        hint="Call s2_map() once for SLOT_ADDR(id) and once for MAILBOX_ADDR(id). Usual mistakes:"
             " the guard is counted as part of the slot, or all mailboxes are mapped.",
    ),
    Check(
        "lab03.3.permissions",
        4,
        "Slots are RWX and mailboxes RW-",
        test=permissions_are_right,
        wanted="the attributes of RWX for slots, those of RW- for mailboxes",
        needs="lab03.3.vmids",
        hint="PROT_W | PROT_X for the slot, only PROT_W for the mailbox: no code runs there.",
    ),
    _marker(
        "3.view",
        2,
        "EL2 can read and write both VMs' memory, which is wiped",
        "hand_over() maps a range in EL2's own table and wipes it: call it for the slot and for the"
        " mailbox.",
        "EL2's view of red: slot, RW- and wiped: yes, mailbox: yes",
        "EL2's view of blue: slot, RW- and wiped: yes, mailbox: yes",
    ),
    Check(
        "lab03.4.blocks",
        2,
        "Slots are mapped by 2 MiB blocks where they fit",
        test=blocks_are_used,
        wanted="a block for each aligned 2 MiB, pages for the rest",
        needs="lab03.3.map",
        hint="Map the slot with one s2_map(): pt_map() of lab 2 finds the blocks by itself.",
    ),
    _marker(
        "4.offset",
        2,
        "The walk finds the PA and the offset inside a block",
        "The PA is the leaf's address plus the offset inside the page or block:"
        " ipa % pt_entry_size(level).",
        "walk of the slot: ok, to the right PA: yes",
    ),
    _marker(
        "4.unmap",
        2,
        "A page can be unmapped, and the next one stays",
        "s2_walk() returns E_NOT_FOUND if pt_lookup() finds no leaf. The block of that page was"
        " split: entry i of the new table maps its page i.",
        "unmap a page of it: ok, walk of it: not found, of the next: ok",
    ),
    _marker(
        "4.again",
        2,
        "The page can be mapped again",
        "E_EXISTS means that the entry of the page was not cleared.",
        "map it again: ok, walk: ok",
    ),
    _marker(
        "4.disjoint",
        2,
        "No page is mapped by two VMs, or by a VM that does not own it",
        "A shared page appears in both tables above: slot and mailbox depend on the VM's id. If the"
        " tables are right, s2_walk() found another PA: it adds the offset inside the page or the"
        " block.",
        "pages of VMs: {number}, shared by two: 0, not their own: 0",
    ),
    Check(
        "lab03.4.walk",
        3,
        "The walk finds each page of both VMs",
        test=every_page_is_found,
        wanted="as many pages as slots and mailboxes have",
        needs="lab03.4.disjoint",
        hint="s2_walk() returns 0 for every leaf, block or page, and E_NOT_FOUND only without a"
             " leaf.",
    ),
    _marker(
        "5.red_vttbr",
        2,
        "VTTBR_EL2 and HCR_EL2 are right while red is active",
        VTTBR,
        "VTTBR_EL2: root table of red: yes, its VMID: yes; HCR_EL2: VM yes, RW yes",
    ),
    at(
        "5.red_active",
        2,
        "While red is active, its slot translates",
        "R own slot",
        "Write HCR_EL2.VM and VTTBR_EL2, then ISB. A fault at level 0 means that VTCR_EL2 does not"
        " match the tables.",
    ),
    at(
        "5.red_write",
        1,
        "While red is active, its slot is writable",
        "W own slot",
        "AT for a write needs S2AP[1] in the leaf, bit 7.",
    ),
    at(
        "5.red_last_page",
        1,
        "While red is active, the last page of its slot translates",
        "W last page of it",
        "The slot has SLOT_SIZE bytes. Look for the missing page in the table above.",
    ),
    at("5.red_mailbox", 1, "While red is active, its mailbox translates", "W own mailbox", MAILBOX),
    _refused("guard", "red", "the guard after the slot"),
    _refused("other_slot", "red", "the other slot"),
    _refused("other_mailbox", "red", "the other mailbox"),
    _refused("image", "red", "EL2's image"),
    _marker(
        "5.devices",
        1,
        "UART and GIC are out of reach while red is active, and the walk ends at level 1",
        OUT_OF_REACH,
        "AT S12E1R the UART: fault in stage 2, status 0x05",
        "AT S12E1R the GIC: fault in stage 2, status 0x05",
    ),
    _marker(
        "5.blue_vttbr",
        1,
        "VTTBR_EL2 and HCR_EL2 are right while blue is active",
        VTTBR,
        "VTTBR_EL2: root table of blue: yes, its VMID: yes; HCR_EL2: VM yes, RW yes",
    ),
    at(
        "5.blue_active",
        2,
        "While blue is active, its own slot translates",
        "R own slot",
        "s2_activate() writes VTTBR_EL2 each time: root table and VMID. The ISB makes it take"
        " effect before the next AT.",
    ),
    at("5.blue_mailbox", 1, "While blue is active, its mailbox translates", "W own mailbox",
       MAILBOX),
    _refused("other_slot", "blue", "the other slot"),
    _refused("other_mailbox", "blue", "the other mailbox"),
    _marker(
        "5.run",
        1,
        "EL1 can execute, read and write in its slot",
        "After an instruction abort from a lower EL: XN is set, AF is 0, or PROT_X is not passed to"
        " s2_map(). From the same EL: HCR_EL2.RW was cleared. After a data abort of EL2 in the"
        " slot: hand_over() was not called.",
        "EL1 reads its slot: done",
        "EL1 writes its slot: done",
    ),
    _marker(
        "5.out_of_reach",
        1,
        "EL1 faults in the guard, and does not reach EL2's image or the UART",
        OUT_OF_REACH,
        fault("reads the guard"),
        fault("reads EL2's image"),
        fault("writes the UART"),
    ),
    _marker(
        "5.forgotten",
        2,
        "EL1 cannot access an unmapped page, not even through the TLB",
        "After the entry is cleared: DSB, TLBI IPAS2E1IS with the IPA >> 12, DSB, TLBI VMALLE1IS,"
        " DSB, ISB. Without the second TLBI a combined TLB entry is still used.",
        "unmap a page of the slot: ok",
        fault("reads it"),
        "EL1 reads the next: done",
    ),
    _marker(
        "5.read_only",
        1,
        "A page that is mapped without PROT_W can be read and not written",
        "S2AP[1], bit 7, stays 0 without PROT_W. In stage 2 a set bit means writable; in stage 1 it"
        " means read-only. If the read faults, the new entry has no AF or no S2AP[0], or the old"
        " one is still in the TLB.",
        "map it read-only: ok",
        "EL1 reads it: done",
        "EL1 writes it: permission fault",
    ),
    _marker(
        "5.reused",
        2,
        "A VM with the VMID of an earlier one does not inherit its translations",
        "Before a VMID is used again: DSB, TLBI VMALLS12E1IS while VTTBR_EL2 holds that VMID, DSB,"
        " ISB. vm_destroy() undoes all that vm_create() did: EL2's view, in_use, the tables.",
        "EL1 reads a page that only the earlier VM has: done",
        "EL2's view of later: slot, RW- and wiped: yes, mailbox: yes",
        "a later VM has VMID 3 too",
        fault("reads that page"),
    ),
    _marker(
        "5.no_page_lost",
        1,
        "A VM that is destroyed frees its pages",
        "vm_destroy() ends with pt_destroy(), which frees every table, and in_use = false.",
        "pages lost by that VM: 0",
    ),
    Check(
        "lab03.5.off",
        1,
        "The stage ends by itself, without a panic",
        test=switches_off,
        wanted="power-off",
        needs="lab03.5.no_page_lost",
        hint="An exception that no test expects ends in a panic: read its FAR and ELR.",
    ),
    *_sizes("blocks_only", BLOCKS_ONLY, "Slots of 512 pages, guards of one: each maps its own"),
    *_sizes("odd_sizes", ODD_SIZES, "Slots of 300 pages, guards of 16: each maps its own"),
    Check(
        "lab03.5.registers",
        1,
        "VTCR_EL2, HCR_EL2 and VTTBR_EL2 are right while each VM is active",
        test=machine.control_registers,
        machine=True,
        wanted="the fields of task 1; VM and RW; a VMID other than 0 for each VM",
        hint="VTTBR_EL2 holds root table and VMID (bits 55 to 48); without the VMID the TLB cannot"
             " tell the VMs apart.",
    ),
    Check(
        "lab03.5.exactly",
        2,
        "The tables that the hardware walks map exactly each VM's own memory",
        test=machine.tables_are_exact,
        machine=True,
        wanted="slot RWX and mailbox RW-, Normal write-back, each page once; no PA in both",
        hint="Check the named address: sizes and places come from guest_layout.h, attributes from"
             " task 2.",
        section="task-3",
    ),
    Check(
        "lab03.5.wiped",
        1,
        "A new VM cannot read earlier contents of its memory",
        test=machine.memory_is_wiped,
        machine=True,
        wanted="zeros in every slot and mailbox when the VM is created",
        hint="hand_over() maps memory for EL2 and wipes it: call it for the slot and the mailbox,"
             " before s2_map().",
        section="task-3",
        boot=DIRTY,
    ),
    Check(
        "lab03.1.cortex_a53",
        1,
        "VTCR_EL2 has 40 bits of PA on a core with 40",
        line="[test] VTCR_EL2: PS is the core's: yes, 4 KiB granule: yes, walks write-back and"
             " inner shareable: yes",
        boot=CORTEX_A53,
        hint="Take PS from the core, with cpu_pa_range(): 48 bits are more than this core has.",
    ),
    kept(
        contracts.CONTROLS,
        1,
        "VTCR_EL2 does not depend on its earlier value",
        "the same value after junk and after zeros",
        "It resets to an UNKNOWN value: write_sysreg() the whole value, and keep no earlier bits.",
        boot=SCRIPTED,
        proof=False,  # a stub passes: it writes nothing, twice
    ),
    kept(
        contracts.EVERY_PROT,
        1,
        "Each of the eight values of `prot` gets its attributes",
        "AF, S2AP[0], SH and MemAttr as for every mapping; S2AP[1] for PROT_W; XN unless PROT_X,"
        " and for devices",
        "Each bit depends only on its own flags: a guest may execute memory that it can write.",
        boot=SCRIPTED,
        proof=False,  # one wrong value of eight does not mean that the task was left out
    ),
    kept(
        contracts.STAGE_2,
        3,
        "Any IPA is mapped to any PA, found with its offset, and unmapped",
        "ranges and results as in stage2.h, with the attributes of task 2",
        "A PA comes from the leaf, never from the IPA: leaf & PTE_ADDR, plus the offset inside the"
        " page or block. An IPA beyond the table's addresses is E_NOT_FOUND.",
        boot=SCRIPTED,
    ),
    kept(
        contracts.ACTIVE,
        1,
        "Any table with any VMID can be made active, and HCR_EL2 keeps its other bits",
        "VTTBR_EL2: root and all eight bits of the VMID; HCR_EL2: VM and RW added",
        VTTBR,
        boot=SCRIPTED,
    ),
    kept(
        contracts.VMS,
        2,
        "Up to VM_MAX VMs are created and destroyed in any order, without leaks",
        "the first free id; only slot and mailbox, wiped; at the end EL2's table and the pool as"
        " before",
        "vm_create() takes the first free id below VM_MAX, and returns NULL if there is none."
        " vm_destroy() undoes all of it: EL2's view, the tables, in_use.",
        section="task-3",
        boot=SCRIPTED,
    ),
    kept(
        contracts.FEW_PAGES,
        2,
        "With few pages left vm_create() returns NULL and changes nothing",
        "NULL; no page lost, nothing mapped, the id still free",
        "Each step may fail: s2_create(), hand_over(), s2_map(). Undo the steps before it, as in"
        " vm_destroy(), and leave in_use false.",
        section="task-3",
        boot=SCRIPTED,
    ),
    changed_in_order(
        "lab03.4.barriers",
        2,
        "TLBIs come after the store to the table, name the IPA, and are complete on return",
        "DSB ISHST; TLBI IPAS2E1IS of IPA >> 12; DSB ISH; TLBI VMALLE1IS; DSB ISH; ISB, all with"
        " the table's VMID",
        "First invalidate the stage-2 entries and wait (DSB), then the combined entries from VA to"
        " PA; then DSB and ISB.",
        ORDERED,
    ),
    executed_in_order(
        "lab03.5.barriers",
        1,
        "A stage 2 is in effect, and a VMID invalidated, on return",
        "MSR VTTBR_EL2, HCR_EL2; ISB; and DSB ISHST; TLBI VMALLS12E1IS; DSB ISH; ISB",
        "s2_activate() ends with an ISB; s2_forget_vmid() has a DSB before its TLBI, and a DSB and"
        " an ISB after it.",
    ),
    changed_in_order(
        "lab03.5.forgotten_vm",
        1,
        "A VM's tables are freed only after its VMID is invalidated in the TLB",
        "DSB; TLBI VMALLS12E1IS with its VMID in VTTBR_EL2; DSB; and only then pt_destroy()",
        "Call s2_forget_vmid() before pt_destroy(): a page in the pool may become another table,"
        " and a walk for the old VMID may still start from it.",
        ORDERED,
        section="task-3",
    ),
]
