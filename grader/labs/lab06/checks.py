# SPDX-License-Identifier: MIT
"""Lab 6: two operating systems, and the whole machine.

The guests take turns, so the checks look at what each guest prints and not at the order of
their lines. The first boot is the usual one. The others have a hostile guest, several runs, or
another machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...model.instruction_words import NOP, WFI
from ..boot_checks import reached, switches_off
from ..check import Boot, Check, Evidence
from . import drawn, machine
from .execution_order import (
    COUNTS,
    STRAYED_COUNTER,
    STRAYED_FAR,
    STRAYED_MEMWALK,
    WALKS,
    executed_in_order_6,
    plan_6,
)
from .rules import (
    BAD_MAILBOX, COUNTER, HOSTILE, LEDGER, MEMWALK, all_are_freed, all_is_right,
    bad_keys_are_hidden, both_are_right, counter_box_is_right, counter_counts,
    counter_is_right, counter_keeps_time, counter_reports, ends_after_done, ends_in_order,
    exits_agree, first_wrong, full_mailbox_is_printed, goes_off, guests_take_turns,
    heap_is_translated, identity_is_right, keys_are_unique, ledger_says,
    longest_name_is_reported, mailbox_is_refused, memwalk_box_is_right, memwalk_is_right,
    memwalk_reports, memwalk_walks, no_trouble, nothing_is_forged, of,
    reports_are_whole_lines, schedule_adds_up, sleeps_each_round, stays_in_its_slot,
    stopped_for_its_write, strays, ticks_are_taken, transcripts_are_equal,
    traps_a_register_or_none,
)  # fmt: skip

WITH_MEMWALK = Boot(make=(f"GUESTS={HOSTILE} {MEMWALK}",))
WITH_COUNTER = Boot(make=(f"GUESTS={COUNTER} {HOSTILE}",))
# VM_MAX of them
WITH_BOTH = Boot(make=(f"GUESTS={COUNTER} {MEMWALK} {HOSTILE} {BAD_MAILBOX}{12 * ' quiet'}",))
# counter_os alone: task 3 must not depend on memwalk_os.
LONG = Boot(make=(f"GUESTS={COUNTER}", "ROUNDS=50"))
EARLY_WAKE = replace(LONG, patches=((f"0-{COUNTER}", WFI, NOP),))
# ledger alone: task 2 must not depend on task 3.
EDGES_OF_LOG = Boot(make=("SLOT_PAGES=64", f"GUESTS={LEDGER}"))
AGAIN = Boot(times=4)
FOUR_CORES = Boot(smp=4)
MUCH_MEMORY = Boot(memory="2G")


def _fact(
    name: str,
    points: int,
    title: str,
    test: Callable[[Evidence], str],
    wanted: str,
    hint: str,
    needs: str = "",
    boot: Boot = Boot(),
    section: str = "",
    machine: bool = False,
    exceptions: bool = False,
    proof: bool = True,
) -> Check:
    needs = needs and f"lab06.{needs}"
    return Check(
        f"lab06.{name}",
        points,
        title,
        test=test,
        wanted=wanted,
        needs=needs,
        hint=hint,
        boot=boot,
        section=section,
        machine=machine,
        exceptions=exceptions,
        proof=proof,
    )


def _guest_line(
    name: str, points: int, title: str, vm: int, line: str, task: str, hint: str,
    needs: str = "", boot: Boot = Boot(),
) -> Check:
    """A guest's line. The open hole of a later task shows as well that this task is done."""
    return Check(
        f"lab06.{name}",
        points,
        title,
        pattern=rf"\[vm{vm}\] {line}|{reached(task, f'vm{vm}')}",
        wanted=f"[vm{vm}] {line}",
        hint=hint,
        anywhere=True,
        once=True,
        needs=needs and f"lab06.{needs}",
        boot=boot,
    )


def _with_hostile(
    name: str, boot: Boot, others: str, right: Callable[[Evidence], str], points: int
) -> list[Check]:
    """The checks of a boot with a hostile guest in one of the slots."""
    return [
        _fact(
            f"6.unharmed_{name}",
            points,
            f"A hostile guest does no harm to {others}",
            right,
            "all rounds, reports and the mailbox of each other guest, as without it",
            "The hostile guest changed state of another one: a register that does not move, memory"
            " that is mapped twice, or an interrupt that reached the wrong guest.",
            boot=boot,
        ),
        _fact(
            f"6.stopped_{name}",
            1,
            f"The hostile guest next to {others} is stopped for its write, and for nothing earlier",
            of(HOSTILE, stopped_for_its_write),
            "it prints its last line; then its write to another slot is reported and stops it",
            "Everything that it tries earlier gets an error in x0 or UNDEFINED, no stop and no"
            " panic.",
            boot=boot,
        ),
        _fact(
            f"5.refused_{name}",
            1,
            f"The hostile guest next to {others} has its mailbox refused and forges no line",
            of(HOSTILE, mailbox_is_refused, nothing_is_forged),
            "[mailbox] vm{number} hostile: no mailbox; its text only after its own [vm{number}]",
            "Check magic and count before you read the first entry: another number than"
            " MAILBOX_MAGIC, or a count above MAILBOX_ENTRIES, is no mailbox. Print a key only if"
            " it is printable and ends.",
            boot=boot,
        ),
    ]


SYSTEM_OFF = (
    "When os_main() returns, os_off() calls PSCI SYSTEM_OFF: HVC #0 with the function in w0."
)
RECORD = (
    "Fill a struct task_report with version, task, sequence, work, name, and the time from"
    " HVC_VIRTUAL_TIME; its address goes into x0 of HVC #HVC_TASK_REPORT."
)
SEARCH = (
    "Look for the key among the `count` entries with strcmp() == 0. Only if it is not there, take a"
    " new entry; raise the count by 1 as the last step."
)

WATCH = machine.WATCH
PLAN = plan_6

CHECKS = [
    _guest_line(
        "1.counter_up",
        2,
        "The first guest starts at EL1 and prints",
        0,
        "counter_os: up at EL1",
        "lab06.1",
        "Set up a stack and VBAR_EL1 first, then call console_init() and os_main(). If nothing is"
        " printed, console_putc() waits for the wrong flag or does not write to UARTDR. If the line"
        " comes twice, os_main() is not called with bl.",
    ),
    _guest_line(
        "1.memwalk_up",
        1,
        "The second guest starts at EL1 and prints",
        1,
        "memwalk_os: up at EL1",
        "lab06.1",
        "Both guests have the same runtime, linked for different slots. adrp finds the stack in"
        " either.",
    ),
    _fact(
        "1.vectors",
        1,
        "Each guest has its stack and its vector table when os_main() is called",
        machine.guests_are_prepared,
        "SP at guest_stack_top, or a frame below it, and VBAR_EL1 = os_vectors in each guest",
        "adrp gives only the page of an address: add :lo12:, then msr vbar_el1. While VBAR_EL1 is"
        " 0, the first interrupt causes a fetch from IPA 0x280, the first fault one from 0x200.",
        needs="1.counter_up",
        machine=True,
    ),
    _fact(
        "1.off",
        1,
        "A guest that is done switches itself off",
        first_wrong(of(COUNTER, ends_after_done(COUNTER)), of(MEMWALK, ends_after_done(MEMWALK))),
        "PSCI SYSTEM_OFF after {text}: done",
        SYSTEM_OFF + " Without os_off() after os_main() the guest executes whatever comes next.",
        needs="1.counter_up",
    ),
    _fact(
        "1.waits",
        1,
        "A character is written only when the UART has room",
        machine.console_waits,
        "two data aborts for each character: UARTFR is read, then UARTDR is written",
        "Read UARTFR until UARTFR_TXFF is clear, then write. EL2's UART always has room; a real one"
        " does not.",
        needs="1.counter_up",
        machine=True,
        proof=False,
    ),
    _fact(
        "2.keys",
        1,
        "A key that fits and is new gets an entry, and no other key does",
        of(
            LEDGER,
            ledger_says(
                "ledger: keys of 0, 23, 1, 2 and 24 characters: -1 0 0 0 -1, count 3",
                "ledger: a key again: 0, value 6, count 3, the magic number is there",
            ),
        ),
        "keys of 1 to 23 characters, even if one is the start of another; the same key again gets"
        " the new value and no new entry",
        "A key of 0 characters, or of MAILBOX_KEY_SIZE (24) and more, is -1: there must be room for"
        " the NUL. " + SEARCH
        + " Write the value in both cases, and MAILBOX_MAGIC with the first entry.",
        boot=EDGES_OF_LOG,
    ),
    _fact(
        "2.full",
        1,
        "The mailbox fills to its last entry, and not beyond",
        of(
            LEDGER,
            ledger_says(
                "ledger: all entries taken: count 127",
                "ledger: one more: -1; the last again: 0, value 8; count 127",
            ),
        ),
        "127 entries; then a new key is -1, and an existing key still gets a new value",
        "Search first. Only a key that was not found needs an entry: if MAILBOX_ENTRIES are taken,"
        " return -1 and write nothing after the page.",
        boot=EDGES_OF_LOG,
    ),
    _fact(
        "2.record",
        1,
        "A report's record has no garbage, and EL2's result is returned",
        of(LEDGER, ledger_says("ledger: a name of 15 characters: 0; a bad one: -3"),
           longest_name_is_reported),
        "HYP_OK for a name of 15 characters, HYP_BAD_VALUE for one that is not printable",
        "-3 for a good name: version or name is missing from the record. -2: x0 is not its address."
        " Initialise the whole struct: the fields that you leave out are then 0, and so is the NUL"
        " after the name. Copy up to TASK_NAME_SIZE - 1 characters. Return the result of hvc().",
        boot=EDGES_OF_LOG,
    ),
    _fact(
        "3.inside",
        1,
        "counter_os accesses only its own memory",
        of(COUNTER, stays_in_its_slot),
        "no stop for a read or write outside the slot",
        "The heap is at WORK_ADDR(GUEST_SLOT), and its index wraps at WORK_SIZE / 8 words: the"
        " guard of the slot follows it.",
        needs="1.counter_up",
        boot=LONG,
    ),
    _fact(
        "3.expected",
        1,
        "counter_os takes no exception but its ticks",
        of(COUNTER, no_trouble),
        "no line about an exception, and no report refused",
        "An IRQ arrives in slot SLOT_IRQ; any other slot is an error. \"EL2 refused report\":"
        " version or name of the record is wrong, or x0 is not its address.",
        needs="1.counter_up",
        boot=LONG,
    ),
    _guest_line(
        "3.first",
        2,
        "counter_os gets through its first round",
        0,
        r"counter_os: round 1, .*",
        "lab06.3",
        "There is no tick, the same tick again and again, or an endless sleep. Acknowledge; if it"
        " is PPI_VTIMER, count it, move `deadline` by a period and call timer_at(deadline), or the"
        " line stays up; then irq_end(). After WFI unmask, ISB, mask: a tick is taken only while"
        " unmasked.",
        boot=LONG,
    ),
    _guest_line(
        "2.counter",
        2,
        "The first guest's reports reach EL2",
        0,
        r"counter_os: round 1, .*",
        "lab06.2",
        RECORD,
        needs="3.first",
        boot=LONG,
    ),
    _fact(
        "3.rounds",
        1,
        "counter_os counts and sleeps through all rounds, FP and keys unharmed",
        of(COUNTER, counter_counts),
        "counter_os: round 1 to the last, at least two ticks a round, FP ok, keys ok",
        "A round has a tick that ends the work and one that ends the sleep. Unmask IRQs again at"
        " the end of the sleep, or the next round's work never ends.",
        boot=LONG,
    ),
    _fact(
        "3.reports",
        3,
        "counter_os reports each round, in order",
        of(COUNTER, counter_reports),
        "sequence 1, 2, 3, ... to the last round; work and time always rise",
        RECORD + " work_until_tick() returns how many units it did.",
        boot=LONG,
    ),
    _fact(
        "5.one_entry",
        2,
        "A value that is logged again replaces the earlier one",
        keys_are_unique,
        "each key once in a mailbox",
        SEARCH,
        section="task-2",
    ),
    _fact(
        "3.time",
        1,
        "counter_os's ticks come a period apart, without drift",
        of(COUNTER, counter_keeps_time),
        "as many ticks as milliseconds have passed, at the end as at the start",
        "deadline += period, once for each tick: from the last deadline, not from now, or delays"
        " add up. Set the timer before irq_end(), or the line, still up, raises the same tick"
        " twice. The report's time is that of HVC_VIRTUAL_TIME, in ns.",
        boot=LONG,
    ),
    _fact(
        "3.taken",
        1,
        "Ticks arrive as interrupts at counter_os's vector table",
        ticks_are_taken,
        "IRQs at os_vectors + 0x280 from the work and from the sleep of each round",
        "A tick is an IRQ that the guest takes: unmask IRQs with irq_enable(), and set the next"
        " deadline with timer_at() in os_exception(). A loop that polls irq_acknowledge() takes"
        " none.",
        needs="3.first",
        exceptions=True,
        boot=LONG,
    ),
    _fact(
        "3.masked",
        1,
        "counter_os executes WFI with IRQs masked",
        machine.wfi_is_masked,
        "PSTATE.I = 1 at each WFI",
        "If a tick is taken between the test of `ticks` and the WFI, it is lost: mask, test, WFI,"
        " and only then unmask.",
        machine=True,
        proof=False,
        boot=LONG,
    ),
    _fact(
        "3.early_wake",
        1,
        "counter_os sleeps until the tick even if WFI ends early",
        of(COUNTER, counter_counts),
        "at least two ticks a round, although each WFI ends at once",
        "WFI may end for no reason: mask, test `ticks` again, and repeat it.",
        proof=False,
        boot=EARLY_WAKE,
    ),
    _fact(
        "5.counter_identity",
        2,
        "counter_os's mailbox has EL1, a stack in its slot, and its heap",
        of(COUNTER, identity_is_right),
        "el = 1, sp inside the slot and below the heap, heap = WORK_ADDR of the VM",
        "If there is no entry: guest_log_value() writes magic and count, dump_mailbox() prints one"
        " entry a line, the value as 0x%lx, and key_ok() checks each byte up to the NUL. CurrentEL"
        " has the level in bits 3 and 2; sp is __builtin_frame_address(0), a multiple of 16;"
        " WORK_ADDR(GUEST_SLOT) is the heap.",
    ),
    _fact(
        "5.counter_mailbox",
        3,
        "counter_os's mailbox agrees with its lines and reports",
        of(COUNTER, counter_box_is_right),
        "rounds, ticks and work as in the last round; no errors, no stray interrupts",
        "A stray interrupt is an INTID that is neither the timer's nor INTID_SPURIOUS. An existing"
        " key gets the new value.",
    ),
    Check(
        "lab06.4.mmu",
        2,
        "memwalk_os turns its own MMU on and survives",
        line="[vm1] memwalk_os: MMU on, heap at VA {hex}",
        anywhere=True,
        once=True,
        hint="If nothing comes after \"up\", the next instruction or the console is not mapped, and"
             " neither are the vectors. In map(), start at tables[0] for each page: next_table()"
             " for shifts 30 and 21, and at 12 the leaf: the page's IPA, the attributes, PTE_PAGE."
             " Then T0SZ = 64 - VA_BITS and TTBR0_EL1, not TTBR1_EL1.",
    ),
    _fact(
        "4.inside",
        1,
        "memwalk_os reaches its heap through its own tables",
        of(MEMWALK, stays_in_its_slot),
        "no stop for a read or write outside the slot: HEAP_VA is no IPA",
        "A VA was used as an IPA: SCTLR_EL1.M is still 0, or the leaf has the VA instead of the IPA"
        " that map() was given.",
        needs="1.memwalk_up",
    ),
    _fact(
        "4.expected",
        1,
        "memwalk_os takes no exception but the one at HOLE_VA",
        of(MEMWALK, no_trouble),
        "no line about another exception, and no report refused",
        "The line names what the handler did not expect, or an address that is not mapped. The"
        " handler expects SLOT_SYNC, EC_DABT_SAME and FAR_EL1 = HOLE_VA. walk() stays below HEAP_VA"
        " + WORK_SIZE, in words of 8 bytes.",
        needs="1.memwalk_up",
    ),
    _guest_line(
        "4.first",
        1,
        "memwalk_os recovers from its first fault",
        1,
        r"memwalk_os: round 1, .*",
        "lab06.4",
        "If the same store repeats: the vectors load ELR_EL1 from the frame, so advance frame->elr"
        " by 4, one instruction.",
        needs="4.mmu",
    ),
    _guest_line(
        "2.memwalk",
        1,
        "The second guest's reports reach EL2",
        1,
        r"memwalk_os: round 1, .*",
        "lab06.2",
        RECORD,
        needs="4.first",
    ),
    _fact(
        "4.off",
        1,
        "Both guests end",
        first_wrong(of(COUNTER, goes_off), of(MEMWALK, goes_off)),
        "{text}: done, then PSCI SYSTEM_OFF, by each guest",
        SYSTEM_OFF,
        section="task-1",
    ),
    _fact(
        "4.reports",
        4,
        "memwalk_os reports each round, in order",
        of(MEMWALK, memwalk_reports),
        "sequence 1, 2, 3, ... to the last round; work is round times words, time always rises",
        RECORD + " With the MMU on, that address is a VA, which EL2 translates.",
    ),
    _fact(
        "4.whole",
        1,
        "Each report is a separate line",
        reports_are_whole_lines,
        "[report] vm{number} task {number} {text}: sequence {number}, work {number}, at {number}"
        " ns",
        "EL2 prints a report at once. The virtual UART collects a guest's text until its line"
        " ends.",
    ),
    _fact(
        "4.rounds",
        3,
        "memwalk_os verifies its heap and recovers from its fault in each round",
        of(MEMWALK, memwalk_walks),
        "memwalk_os: round 1 to the last, all words of the heap, heap ok, as many faults as rounds",
        "The handler counts each fault once, and advances the frame's ELR by 4, no further. Write"
        " the whole heap before you compare any of it, with the pattern of this round.",
    ),
    _fact(
        "4.logged",
        1,
        "A guest's logged values are in its mailbox when it has ended",
        of(MEMWALK, drawn.values_are_logged),
        "under each key the value that guest_log_value() got, which the grader changes",
        "Key and value of an entry come from the arguments: memcpy() the key with its NUL, store"
        " the value.",
        section="task-2",
        needs="4.off",
        machine=True,
        proof=False,  # it shows task 2's work, but only after memwalk_os has ended
    ),
    _fact(
        "4.regime",
        2,
        "memwalk_os's translation regime is set up as the task says",
        machine.regime_is_right,
        "SCTLR_EL1 with M, C, I and WXN added; TCR_EL1 for 39 bits, 4 KiB, cached walks, EPD1, IPS;"
        " MAIR_EL1",
        "Look at the named register. SCTLR_EL1: read it, add M, C, I and WXN, keep the rest."
        " TCR_EL1: T0SZ = 64 - VA_BITS, IRGN0, ORGN0, SH0, TG0, EPD1, IPS = PARange. MAIR_EL1:"
        " write-back at INDEX_NORMAL, Device-nGnRE at INDEX_DEVICE.",
        needs="4.off",
        machine=True,
    ),
    _fact(
        "4.tables",
        1,
        "memwalk_os's tables map all that they should and nothing else",
        machine.tables_are_right,
        "text R-X, read-only data R--, data and heap RW-, mailbox RW-, UART as a device",
        "map() covers [va, va + size): the loop ends before `size`, and each page has its own IPA"
        " and the given attributes.",
        needs="4.off",
        machine=True,
    ),
    _fact(
        "5.memwalk_identity",
        2,
        "memwalk_os's heap has a VA that is not its IPA",
        of(MEMWALK, heap_is_translated, identity_is_right),
        "el = 1, sp inside the slot, heap = WORK_ADDR of the VM, heap va as in its line",
        "map(HEAP_VA, WORK_ADDR(GUEST_SLOT), ...): first the VA, then the IPA. A value has 64 bits:"
        " 0x%lx.",
    ),
    _fact(
        "5.memwalk_mailbox",
        3,
        "memwalk_os's mailbox agrees with its lines",
        of(MEMWALK, memwalk_box_is_right),
        "rounds, words and faults as in the last round, no wrong words, last far = HOLE_VA",
        "FAR_EL1 has the address of the fault; the handler stores it. Map the mailbox at its IPA,"
        " so that it can be written with the MMU off and on.",
    ),
    _fact(
        "5.exits",
        2,
        "The exit statistics agree with what the guests did",
        first_wrong(
            of(COUNTER, exits_agree), of(MEMWALK, exits_agree, traps_a_register_or_none)
        ),
        "[exits] of each VM: two hvc for each report and one for PSCI, a data abort for each"
        " character, irq and wfx as in the schedule",
        "Print a line for each vCPU of the ring: for each class from 0 to EXIT_CLASSES - 1 that"
        " occurred, ` ` name ` ` number, by exit_class_name(), with the vCPU's own count.",
    ),
    _fact(
        "5.sleeps",
        2,
        "counter_os sleeps in WFI until the next tick",
        of(COUNTER, sleeps_each_round),
        "turns ended by wait, about one for each round",
        "Test the ticks with IRQs masked, then WFI, then unmask. A loop without WFI does not"
        " sleep.",
        section="task-3",
    ),
    _fact(
        "5.full",
        1,
        "A full mailbox is dumped to its last entry, with a key of 23 characters",
        of(LEDGER, full_mailbox_is_printed),
        "127 lines of [mailbox], each with its key",
        "A count of MAILBOX_ENTRIES is valid, and so is a key of MAILBOX_KEY_SIZE - 1 characters:"
        " refuse only more than that.",
        boot=EDGES_OF_LOG,
    ),
    _fact(
        "4.interleaved",
        2,
        "Both guests make progress in turns",
        guests_take_turns,
        "rounds of one guest between the first and the last round of the other",
        "If a guest runs to its end alone, it is not preempted, or the other one does not wake up.",
    ),
    _fact(
        "6.order",
        1,
        "After the last stop come mailboxes, exits, schedule and the VMs' ends, in this order",
        ends_in_order,
        "[mailbox] of every VM, then [exits], then [sched], then [end], then the last [boot]",
        "Print the VMs in the order of their numbers; machine_end() comes last. A panic there means"
        " a wipe after vm_destroy(): EL2 no longer maps that memory.",
    ),
    _fact(
        "5.schedule",
        2,
        "The schedule summary is complete and adds up",
        schedule_adds_up,
        "a line for each VM with turns ended by slice, and the idle time",
        "The vCPUs' contexts count turns, slices and waits; idle_until() counts its own time.",
    ),
    _fact(
        "6.freed",
        1,
        "Each VM is destroyed, and its tables are freed",
        all_are_freed,
        "[end] of each VM, with the pages of its tables",
        "For each VM that vm_get() returns: keep id, name and page_count_free(), wipe slot and"
        " mailbox while EL2 still maps them, then vm_destroy(). Print the free pages after it minus"
        " those before.",
    ),
    Check(
        "lab06.6.last",
        1,
        "The last line reports that every VM has stopped",
        line="[boot] every VM has stopped: power off",
        once=True,
        hint="machine_end() returns when the last VM is destroyed; it does not power off itself.",
    ),
    _fact(
        "6.off",
        1,
        "The machine ends by itself, without a panic",
        switches_off,
        "power-off",
        "No guest may end the machine. If EL2 panics, read its FAR and ELR.",
        needs="6.last",
    ),
    *_with_hostile("memwalk", WITH_MEMWALK, "memwalk_os", memwalk_is_right, 2),
    *_with_hostile("counter", WITH_COUNTER, "counter_os", counter_is_right, 2),
    *_with_hostile("both", WITH_BOTH, "both", both_are_right, 1),
    _fact(
        "5.bad_keys",
        1,
        "A key that does not end, is empty or is not printable is not printed",
        of(BAD_MAILBOX, bad_keys_are_hidden),
        "[mailbox] vm{number} bad_mailbox: (bad key) = {hex}, seven times, then good = {hex}",
        "Look at no more than MAILBOX_KEY_SIZE bytes: 1 to 23 characters from space to ~, none of"
        " them =, then a NUL. A key without a NUL among them does not end.",
        needs="5.refused_both",
        boot=WITH_BOTH,
    ),
    _fact(
        "6.every_vm",
        1,
        "16 VMs, as many as there can be, are destroyed like two",
        all_are_freed,
        "[end] of each VM, with the pages of its tables",
        "machine_end() calls vm_get() for every id from 0 to VM_MAX - 1.",
        boot=WITH_BOTH,
    ),
    _fact(
        "6.again",
        2,
        "Three more boots print the same bytes",
        transcripts_are_equal,
        "one transcript, byte by byte",
        "Something depends on memory or registers that were never set, which differ from boot to"
        " boot.",
        boot=AGAIN,
    ),
    _fact(
        "6.four_cores",
        1,
        "Four cores change nothing",
        all_is_right,
        "both guests, interleaved, and the ending in order",
        "The other cores are parked in lab 1; find_redistributor() looks for this core's affinity.",
        boot=FOUR_CORES,
    ),
    _fact(
        "6.much_memory",
        1,
        "2 GiB of memory change nothing",
        all_is_right,
        "both guests, interleaved, and the ending in order",
        "Nothing may depend on where memory ends.",
        boot=MUCH_MEMORY,
    ),
    _fact(
        "4.heap",
        2,
        "The heap of memwalk_os has the pattern of its last walk in memory",
        machine.memwalk_heap_is_right,
        "pattern(round, i) of the last round in each word, including the last word",
        "walk() writes pattern(round, i) to all WORDS words of the heap, from word 0 on, in each"
        " round.",
        needs="4.off",
        machine=True,
        proof=False,
    ),
    _fact(
        "3.heap",
        1,
        "The heap of counter_os has the result of its work in memory",
        machine.counter_heap_is_right,
        "each word counts its units; the sum of all words is the work",
        "A unit adds 1 to a word of the heap; the next unit takes the next of all WORK_SIZE / 8"
        " words, and after the last the first. work_until_tick() returns the number of units.",
        needs="3.rounds",
        boot=LONG,
        machine=True,
        proof=False,
    ),
    _fact(
        "5.mailbox_memory",
        1,
        "The mailboxes in memory are what EL2 prints",
        drawn.mailboxes_are_as_printed,
        "each key and value in memory, which the grader has changed, and no others",
        "struct mailbox is in mailbox.h: print each entry up to count.",
        needs="4.off",
        machine=True,
    ),
    _fact(
        "5.exits_memory",
        1,
        "The exit counters in memory are what EL2 prints",
        drawn.exits_are_as_printed,
        "each class with a count in memory, which the grader has changed, and no others",
        "A vCPU's counters are in exits[], by exit class: print those that are not 0.",
        needs="4.off",
        machine=True,
    ),
    _fact(
        "6.erased",
        1,
        "No data of a guest is left in memory when its VM has been destroyed",
        machine.nothing_of_a_guest_is_left,
        "zeros in slot and mailbox of each VM",
        "Call cache_zero() for slot and mailbox before vm_destroy(), after which EL2 does not map"
        " them.",
        needs="6.last",
        machine=True,
        proof=False,
    ),
    _fact(
        "6.destroyed",
        1,
        "EL2 has no VM any more, and no tables of one",
        machine.vms_are_destroyed,
        "no VM of vms in use, and each page of its stage 2 free",
        "Call vm_destroy() for each VM that vm_get() returns. Wiping its memory does not destroy a"
        " VM.",
        needs="6.last",
        machine=True,
    ),
    _fact(
        "6.counted",
        1,
        "As many pages of each VM come back as its stage 2 had",
        machine.tables_are_counted,
        "the pages of root and tables, as counted by the grader's own walk",
        "page_count_free() after vm_destroy() minus page_count_free() before it.",
        needs="6.last",
        machine=True,
        proof=False,
    ),
    executed_in_order_6(
        "lab06.1.barriers",
        1,
        "The vector table is in effect before os_main() is called",
        "MSR VBAR_EL1; ISB; os_main(), in each guest",
        "Put an ISB after the write of VBAR_EL1: until then an exception may go to the old"
        " address.",
        needs="lab06.1.counter_up",
    ),
    executed_in_order_6(
        "lab06.2.barriers",
        1,
        "The count of the mailbox rises after its entry, with a barrier between",
        "key and value of the new entry; DMB ISHST or a stronger barrier; count",
        "Write the whole entry, then dmb(ishst), then the count: a reader that sees the count must"
        " also see the entry.",
        needs="lab06.1.counter_up",
    ),
    executed_in_order_6(
        "lab06.3.barriers",
        1,
        "A pending tick is taken between unmasking and masking again",
        "WFI; MSR DAIFClr; ISB; MSR DAIFSet",
        "Put an ISB (guest_isb()) between irq_enable() and irq_disable(): without it the core may"
        " mask IRQs again before it takes the pending one.",
        needs="lab06.3.first",
    ),
    _fact(
        "3.unexpected",
        1,
        "counter_os ends at an unexpected exception, and prints which",
        strays(STRAYED_COUNTER, r"\b4\b", r"0x[0-9a-f]+"),
        "for a BRK a line with its slot, 4, and ELR; then PSCI SYSTEM_OFF",
        "Only an IRQ, in SLOT_IRQ, is expected. Print slot and ELR of any other exception and call"
        " os_off(): if the handler returns, the exception comes again.",
        boot=COUNTS,
    ),
    executed_in_order_6(
        "lab06.4.barriers",
        1,
        "Caches and TLB are ready before memwalk_os turns its MMU on",
        "DC CIVAC for data and mailbox; MSR MAIR, TCR, TTBR0; ISB; TLBI VMALLE1, IC IALLU; DSB NSH;"
        " ISB; MSR SCTLR_EL1; ISB",
        "Writes with the MMU off bypass the caches: cache_clean_invalidate() for data and mailbox."
        " A DSB waits for TLBI and IC; an ISB comes before and after the write of SCTLR_EL1.",
        needs="lab06.4.mmu",
    ),
    _fact(
        "4.unexpected",
        1,
        "memwalk_os ends at an unexpected data abort, and prints its address",
        strays(STRAYED_MEMWALK, rf"0x0*{STRAYED_FAR:x}\b"),
        f"for a load from 0x{STRAYED_FAR:x} a line with its FAR; then PSCI SYSTEM_OFF",
        "A data abort is expected only at HOLE_VA: compare FAR_EL1, and print EC, slot, ELR and FAR"
        " of any other exception before os_off().",
        boot=WALKS,
    ),
    _fact(
        "4.verified",
        1,
        "memwalk_os finds a word that changes between its two passes over the heap",
        of(MEMWALK, machine.wrong_word_is_found),
        "heap WRONG in round 2 of a boot in which the grader changes a word after the first"
        " comparison",
        "Write all words, then compare all words, in two loops, and count each that differs. A"
        " comparison right after the store finds no error.",
        needs="4.first",
        machine=True,
    ),
    executed_in_order_6(
        "lab06.5.cleaned",
        1,
        "EL2 cleans its caches of a mailbox before it reads it",
        "DC CIVAC for each mailbox, before the first is printed",
        "Writes of a guest whose MMU is off bypass the caches: cache_clean_invalidate(box,"
        " sizeof(*box)) first.",
        needs="lab06.1.counter_up",
    ),
]
