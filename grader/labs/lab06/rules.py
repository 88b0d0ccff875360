# SPDX-License-Identifier: MIT
"""What the checks of lab 6 look for. Each rule returns what is wrong, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import groupby
from statistics import median

from ...core.kit import KIT
from ...model.elf import symbols
from ...model.guest_programs import guest_elf
from ...model import layout
from ...model.layout import header, layout_of, options_of
from ...qemu.exception_log import virtual_irqs
from ..check import Evidence
from ..transcript import END, exits, idle, lines_of, mailbox, reports, schedule, stops, vms

COUNTER, MEMWALK, HOSTILE, BAD_MAILBOX, LEDGER = ("counter_os", "memwalk_os", "hostile",
                                                  "bad_mailbox", "ledger")
COUNTER_ROUND = re.compile(r"counter_os: round (\d+), (\d+) ticks, FP ok, keys ok")
MEMWALK_ROUND = re.compile(r"memwalk_os: round (\d+), (\d+) words, heap ok, (\d+) faults met")
MMU_ON = re.compile(r"memwalk_os: MMU on, heap at VA (0x[0-9a-f]+)")
TROUBLE = re.compile(r"exception|\b(EC|ELR|FAR|slot)\b|refused|out of tables", re.IGNORECASE)
ROUND = re.compile(r"^\[vm(\d+)\] \w+: round ", re.M)
EL2_LINE = re.compile(r"\[(boot|vm|vm\d+|report|trap|mailbox|exits|sched|end|todo)\] |$")
HOLE_VA = 0x20_0000_0000  # memwalk_os/mmu.h
TICK_NS = 1_000_000  # TICK_US of counter_os
DRIFT_NS = TICK_NS // 30  # from the first half of 50 rounds to the second; a correct guest has none
ENDING = ["[mailbox]", "[exits]", "[sched]", "[end]", "[boot]"]
MOST_TABLES = 32  # of a VM, even if its slot is mapped page by page
BAD_MAILBOX_KEYS = 8  # of bad_mailbox.c; the last one is good
LONGEST_NAME = "fifteen_letters"  # of ledger's report
BOX_ENTRIES = layout.numbers(KIT / "common/include/mailbox.h")["MAILBOX_ENTRIES"]

IRQ_SLOT = 0x280  # in a vector table: an IRQ at the current EL, with SP_ELx

# A rule about one VM, by its number.
VmTest = Callable[[Evidence, int], str]


def _rounds_of(evidence: Evidence) -> int:
    return options_of(evidence.image)["CONFIG_ROUNDS"]


def _words_of_heap() -> int:
    return header()["WORK_SIZE"] // 8


def of(name: str, *tests: VmTest) -> Callable[[Evidence], str]:
    """A rule about the VM that runs guest `name`: the first of these tests that fails."""

    def test(evidence: Evidence) -> str:
        numbers = vms(evidence.run.text).get(name)
        if not numbers:
            return str(evidence.run)
        return next(filter(None, (each(evidence, numbers[0]) for each in tests)), "")

    return test


def first_wrong(*tests: Callable[[Evidence], str]) -> Callable[[Evidence], str]:
    return lambda evidence: next(filter(None, (test(evidence) for test in tests)), "")


def ticks_are_taken(evidence: Evidence) -> str:
    """Interrupts of work and of sleep, two in each round, arrive at counter_os's vectors."""
    names = symbols(guest_elf(evidence.image, 0, COUNTER).read_bytes())
    vector = names.get("os_vectors", 0) + IRQ_SLOT
    taken = [pc for at, pc in virtual_irqs(evidence.run.exceptions) if at == vector]
    if not taken:
        return f"no IRQ arrived at os_vectors + 0x{IRQ_SLOT:x} of counter_os: {evidence.run}"
    rounds = _rounds_of(evidence)
    if len(taken) < rounds:
        return f"{len(taken)} IRQs arrived at counter_os's vectors in {rounds} rounds"
    if len(set(taken)) < 2:
        return (f"{len(taken)} IRQs arrived at counter_os's vectors, all from 0x{taken[0]:x}:"
                " either its work or its sleep was not interrupted")
    return ""


# What a guest says


def _round_lines(
    evidence: Evidence, vm: int, expression: re.Pattern[str]
) -> tuple[list[tuple[int, ...]], str]:
    """Return the numbers in a guest's lines of rounds, and what is wrong with these lines."""
    said = [line for line in lines_of(evidence.run.text, vm) if ": round " in line]
    rows: list[tuple[int, ...]] = []
    for line in said:
        match = expression.fullmatch(line)
        if not match:
            return rows, f"[vm{vm}] {line}"
        rows.append(tuple(map(int, match.groups())))
    wanted = list(range(1, _rounds_of(evidence) + 1))
    if [row[0] for row in rows] != wanted:
        if not rows:
            return rows, f"vm{vm} printed no round; {evidence.run}"
        return rows, f"vm{vm}'s rounds: {', '.join(str(row[0]) for row in rows)}"
    return rows, ""


def counter_counts(evidence: Evidence, vm: int) -> str:
    """Each round has a tick that ends the work and one that ends the sleep."""
    rows, wrong = _round_lines(evidence, vm, COUNTER_ROUND)
    before = 0
    for number, ticks in rows:
        if ticks < before + 2:
            return f"vm{vm}, round {number}: {ticks} ticks after {before}"
        before = ticks
    return wrong


def memwalk_walks(evidence: Evidence, vm: int) -> str:
    """Each round covers the whole heap and has one fault."""
    rows, wrong = _round_lines(evidence, vm, MEMWALK_ROUND)
    for number, words, faults in rows:
        if (words, faults) != (_words_of_heap(), number):
            return f"vm{vm}, round {number}: {words} words, {faults} faults"
    return wrong


def counter_keeps_time(evidence: Evidence, vm: int) -> str:
    """Tick n comes n periods after the first deadline was set, however long a tick takes.

    The guest is alone on the core, so no other guest delays it. A tick may come between the
    report and the line of a round: so compare medians.
    """
    rows, sent = _round_lines(evidence, vm, COUNTER_ROUND)[0], reports(evidence.run.text, vm)
    delays = [report.ns - ticks * TICK_NS for report, (_, ticks) in zip(sent, rows)]
    if len(delays) < 2:
        return f"vm{vm} printed {len(delays)} rounds with a report; {evidence.run}"
    if median(delays) < 0:
        return f"vm{vm} counted {rows[-1][1]} ticks of 1 ms in {sent[-1].ns} ns"
    half = len(delays) // 2
    lost = round(median(delays[half:]) - median(delays[:half]))
    return (f"vm{vm}'s ticks are {lost} ns later at the end than at the beginning"
            if lost > DRIFT_NS else "")


def goes_off(evidence: Evidence, vm: int) -> str:
    """The guest prints that it is done and switches itself off."""
    said, stop = lines_of(evidence.run.text, vm), stops(evidence.run.text).get(vm)
    if not stop:
        return f"vm{vm} did not end; {evidence.run}"
    if "PSCI SYSTEM_OFF" not in stop.why:
        return f"vm{vm} was stopped: {stop.why}"
    return "" if said and said[-1].endswith(": done") else f"vm{vm} ended before it was done"


def _calls_its_end(evidence: Evidence, vm: int) -> str:
    """A guest that is done calls SYSTEM_OFF; other stops are for other checks."""
    said, stop = lines_of(evidence.run.text, vm), stops(evidence.run.text).get(vm)
    done = bool(said) and said[-1].endswith(": done")
    if done and not stop:
        return f"vm{vm} is done and did not end; {evidence.run}"
    wrong = stop and "PSCI SYSTEM_OFF" not in stop.why and (done or "PSCI" in stop.why)
    return f"vm{vm} stopped: {stop.why}" if stop and wrong else ""


def ends_after_done(name: str) -> VmTest:
    """The guest prints nothing after "done"."""

    def test(evidence: Evidence, vm: int) -> str:
        said = lines_of(evidence.run.text, vm)
        later = said[said.index(f"{name}: done") + 1 :] if f"{name}: done" in said else []
        if later:
            return f"[vm{vm}] {later[0]}, after its last line"
        return _calls_its_end(evidence, vm)

    return test


def stays_in_its_slot(evidence: Evidence, vm: int) -> str:
    """The guest is not stopped for an access to memory outside its slot."""
    stop = stops(evidence.run.text).get(vm)
    if not stop or not stop.access or stop.access[0] == "fetch":
        return ""
    whose = layout_of(evidence.image).whose(stop.access[1])
    return f"vm{vm} stopped: {stop.why}: that is {whose}"


def no_trouble(evidence: Evidence, vm: int) -> str:
    """No unexpected exception, and no report that EL2 refused. Other lines do not matter."""
    said = lines_of(evidence.run.text, vm)
    odd = [line for line in said if TROUBLE.search(line)]
    return f"[vm{vm}] {odd[0]}" if odd else "" if said else str(evidence.run)


def strays(vm: int, *facts: str) -> Callable[[Evidence], str]:
    """At an unexpected exception the guest prints what it was and switches itself off."""

    def test(evidence: Evidence) -> str:
        said, stop = lines_of(evidence.run.text, vm), stops(evidence.run.text).get(vm)
        if not stop:
            return f"vm{vm} did not end after an unexpected exception; {evidence.run}"
        if "PSCI SYSTEM_OFF" not in stop.why:
            return f"vm{vm} was stopped: {stop.why}"
        if not said or any(": round " in line for line in said):
            return f"vm{vm} continues after an unexpected exception"
        missing = [fact for fact in facts if not re.search(fact, said[-1])]
        return f"[vm{vm}] {said[-1]}" if missing else ""

    return test


# What it reports


def _reports_are_right(task: int, name: str, per_round: int = 0) -> VmTest:
    """One report for each round, in order; work and time always rise."""

    def test(evidence: Evidence, vm: int) -> str:
        found = reports(evidence.run.text, vm)
        if not found:
            return f"no report of vm{vm}; {evidence.run}"
        work = ns = 0
        for number, report in enumerate(found, 1):
            what = f"vm{vm}, report {number}"
            if (report.task, report.name) != (task, name):
                return f"{what}: task {report.task} {report.name}, not {task} {name}"
            if report.sequence != number:
                return f"{what}: sequence {report.sequence}"
            if report.work <= work or (per_round and report.work != number * per_round):
                return f"{what}: work {report.work} after {work}"
            if report.ns <= ns:
                return f"{what}: at {report.ns} ns after {ns} ns"
            work, ns = report.work, report.ns
        wanted = _rounds_of(evidence)
        return "" if len(found) == wanted else f"vm{vm}: {len(found)} reports, not {wanted}"

    return test


counter_reports = _reports_are_right(1, "counter")
memwalk_reports = _reports_are_right(2, "memwalk", _words_of_heap())


def reports_are_whole_lines(evidence: Evidence) -> str:
    """Each report is a separate line, without parts of another VM's line."""
    text = evidence.run.text
    whole = sum(len(reports(text, vm)) for numbers in vms(text).values() for vm in numbers)
    lines = [line for line in text.splitlines() if "[report]" in line]
    if not lines:
        return str(evidence.run)
    odd = [line for line in lines if not line.startswith("[report] ")]
    return odd[0] if odd else "" if whole == len(
        lines) else f"{len(lines) - whole} reports are not whole lines"


# What it leaves in its mailbox


def _differs(vm: int, box: dict[str, int], wanted: dict[str, int]) -> str:
    """Name the first entry with a wrong value."""
    for key, value in wanted.items():
        if key not in box:
            return f"vm{vm}'s mailbox has no {key!r}" if box else f"vm{vm}'s mailbox is not dumped"
        if box[key] != value:
            return f"vm{vm}'s mailbox: {key} = 0x{box[key]:x}, not 0x{value:x}"
    return ""


def identity_is_right(evidence: Evidence, vm: int) -> str:
    """EL1, a stack inside the slot, the heap at its end."""
    box, layout = mailbox(evidence.run.text, vm), layout_of(evidence.image)
    wrong = _differs(vm, box, {"el": 1, "heap": layout.heap(vm).start})
    if wrong:
        return wrong
    sp = box.get("sp", 0)
    if sp not in layout.slot(vm) or sp in layout.heap(vm) or sp % 16:
        return f"vm{vm}'s mailbox: sp = 0x{sp:x}"
    return ""


def counter_box_is_right(evidence: Evidence, vm: int) -> str:
    """The same rounds and work as in its lines, and no errors."""
    rows, wrong = _round_lines(evidence, vm, COUNTER_ROUND)
    sent = reports(evidence.run.text, vm)
    if wrong or not sent:
        return wrong or f"no report of vm{vm}"
    (rounds, ticks), box = rows[-1], mailbox(evidence.run.text, vm)
    wanted = {"rounds": rounds, "work": sent[-1].work}
    errors = dict.fromkeys(("fp errors", "key errors", "stray interrupts"), 0)
    wrong = _differs(vm, box, {**wanted, **errors})
    # Ticks may come between the entry and the line.
    if not wrong and not ticks - 2 <= box.get("ticks", 0) <= ticks:
        return f"vm{vm}'s mailbox: ticks = 0x{box.get('ticks', 0):x}, its last line: {ticks}"
    return wrong


def memwalk_box_is_right(evidence: Evidence, vm: int) -> str:
    """The same rounds, words and faults as in its lines, and no wrong word."""
    rows, wrong = _round_lines(evidence, vm, MEMWALK_ROUND)
    if wrong:
        return wrong
    rounds, words, faults = rows[-1]
    wanted = {"rounds": rounds, "words": rounds * words, "wrong words": 0, "faults": faults}
    return _differs(vm, mailbox(evidence.run.text, vm), {**wanted, "last far": HOLE_VA})


def heap_is_translated(evidence: Evidence, vm: int) -> str:
    """The heap's VA is that of its line, and not the IPA."""
    said = lines_of(evidence.run.text, vm)
    match = next(filter(None, map(MMU_ON.fullmatch, said)), None)
    if not match:
        return f"vm{vm} does not print that its MMU is on; {evidence.run}"
    return _differs(vm, mailbox(evidence.run.text, vm), {"heap va": int(match.group(1), 16)})


def keys_are_unique(evidence: Evidence) -> str:
    """A value that is logged again replaces the earlier one."""
    found = re.findall(r"^(\[mailbox\] vm\d+ \S+: .+) = ", evidence.run.text, re.M)
    again = [line
             for line, count in Counter(found).items() if count > 1 and "(bad key)" not in line]
    if not found:
        line = re.search(r"^\[mailbox\] .*", evidence.run.text, re.M)
        return line.group() if line else str(evidence.run)
    return f"more than once: {again[0]}" if again else ""


# What ledger.c tries


def ledger_says(*lines: str) -> VmTest:
    """The guest prints these lines. A line names what was tried up to its first colon."""

    def test(evidence: Evidence, vm: int) -> str:
        said = lines_of(evidence.run.text, vm)
        for line in lines:
            if line in said:
                continue
            begin = line[: line.index(": ", len(LEDGER) + 2)]
            near = [other for other in said if other.startswith(begin)]
            return f"[vm{vm}] {near[0]}" if near else str(evidence.run)
        return ""

    return test


def longest_name_is_reported(evidence: Evidence, vm: int) -> str:
    names = [report.name for report in reports(evidence.run.text, vm)]
    return "" if names == [LONGEST_NAME] else f"vm{vm} reports {names}, not {LONGEST_NAME!r}"


def full_mailbox_is_printed(evidence: Evidence, vm: int) -> str:
    """The longest key and all entries of a mailbox are printed."""
    box = mailbox(evidence.run.text, vm)
    if not box:
        line = re.search(rf"^\[mailbox\] vm{vm} .*", evidence.run.text, re.M)
        return line.group() if line else f"vm{vm}'s mailbox is not dumped; {evidence.run}"
    if "k" * 23 not in box:
        return f"vm{vm}'s mailbox: a key of 23 characters is not printed"
    return "" if len(
        box) == BOX_ENTRIES else f"vm{vm}'s mailbox has {len(box)} of {BOX_ENTRIES} entries"


# What EL2 prints of it


def exits_agree(evidence: Evidence, vm: int) -> str:
    """The counts of the exception classes match what the guest did."""
    text = evidence.run.text
    seen, sent = exits(text, vm), len(reports(text, vm))
    if not seen:
        line = re.search(rf"^\[exits\] vm{vm} .*", evidence.run.text, re.M)
        return line.group() if line else f"no [exits] line of vm{vm}; {evidence.run}"
    never = [name for name, count in seen.items() if not count]
    if never:
        return f"vm{vm}: {never[0]} 0"
    # A report takes one HVC, or two with the one for the time; PSCI takes the last one.
    if seen.get("hvc", 0) not in (sent + 1, 2 * sent + 1):
        return f"vm{vm}: {sent} reports, hvc {seen.get('hvc', 0)}"
    printed = sum(len(line) + 1 for line in lines_of(text, vm))
    if seen.get("data abort", 0) < printed:
        return f"vm{vm}: {printed} characters, data abort {seen.get('data abort', 0)}"
    turns = schedule(text).get(vm)
    if turns and (seen.get("irq", 0) < turns.by_slice or seen.get("wfx", 0) < turns.by_wait):
        return (
            f"vm{vm}: irq {seen.get('irq', 0)}, wfx {seen.get('wfx', 0)};"
            f" ended by slice {turns.by_slice}, by wait {turns.by_wait}"
        )
    return ""


def traps_a_register_or_none(evidence: Evidence, vm: int) -> str:
    """memwalk_os reads the PA range when it turns its MMU on, and never again."""
    count = exits(evidence.run.text, vm).get("sysreg", 0)
    return "" if count <= 4 else f"vm{vm}: sysreg {count}"


def sleeps_each_round(evidence: Evidence, vm: int) -> str:
    turns = schedule(evidence.run.text).get(vm)
    if not turns:
        return str(evidence.run)
    least = _rounds_of(evidence) // 2
    return "" if turns.by_wait >= least else f"vm{vm}: {turns.by_wait} turns ended by wait"


def schedule_adds_up(evidence: Evidence) -> str:
    """A line for each VM, whose turns add up; then the idle time."""
    text = evidence.run.text
    rows = schedule(text)
    loaded = sorted(vm for numbers in vms(text).values() for vm in numbers)
    if not loaded or sorted(rows) != loaded or not idle(text):
        return str(evidence.run) if not rows else f"[sched] lines of vm {sorted(rows)}"
    for row in rows.values():
        if row.turns != row.by_slice + row.by_wait + row.otherwise or row.otherwise < 1:
            return f"vm{row.vm}: {row.turns} turns do not add up"
        if row.by_slice < 5:
            return f"vm{row.vm}: {row.by_slice} turns ended by slice"
    return ""


def guests_take_turns(evidence: Evidence) -> str:
    """Neither guest had to wait until the other ended."""
    order = [int(vm) for vm in ROUND.findall(evidence.run.text)]
    if len(set(order)) < 2:
        return f"rounds of {len(set(order))} guests; {evidence.run}"
    for vm in sorted(set(order)):
        first, last = order.index(vm), len(order) - 1 - order[::-1].index(vm)
        if all(other == vm for other in order[first:last]):
            return f"no round of another guest between the first and the last of vm{vm}"
    return ""


def ends_in_order(evidence: Evidence) -> str:
    """After the last stop come mailboxes, exits, schedule, the end of each VM, and power-off."""
    lines = evidence.run.text.splitlines()
    last = max((at for at, line in enumerate(lines) if line.startswith("[trap] vm")), default=None)
    if last is None:
        return str(evidence.run)
    order = [name for name, _ in groupby(line.partition(" ")[0] for line in lines[last + 1 :])]
    # Another check looks for the last line.
    if order not in (ENDING, ENDING[:-1]):
        return f"after the last stop: {' '.join(order) or 'nothing'}"
    for name in ("mailbox", "exits", "sched", "end"):
        numbers = [int(vm) for vm in re.findall(rf"^\[{name}\] vm(\d+) ", evidence.run.text, re.M)]
        if numbers != sorted(numbers):
            return f"the [{name}] lines are not in the order of the VMs"
    return ""


def all_are_freed(evidence: Evidence) -> str:
    """The root table of each VM, which is two pages, and a table of each level came back."""
    text = evidence.run.text
    found = {int(vm): int(pages) for vm, pages in END.findall(text)}
    for name, numbers in vms(text).items():
        for vm in numbers:
            if vm not in found:
                return f"vm{vm}, {name}, is not destroyed; {evidence.run}"
            if not 4 <= found[vm] <= MOST_TABLES:
                return f"vm{vm}, {name}: {found[vm]} table pages freed"
    return "" if found else str(evidence.run)


# Next to a hostile guest


def stopped_for_its_write(evidence: Evidence, vm: int) -> str:
    """The last access of hostile.c is a write to SLOT_ADDR(!GUEST_SLOT)."""
    said, stop = lines_of(evidence.run.text, vm), stops(evidence.run.text).get(vm)
    if "hostile: still here, and nothing has been stopped" not in said:
        return f"vm{vm} ended too early: {stop.why}" if stop else f"vm{vm}: {evidence.run}"
    if "hostile: wrote the other VM's memory" in said:
        return f"[vm{vm}] hostile: wrote the other VM's memory"
    wanted = layout_of(evidence.image).slot(0 if vm else 1).start
    if not stop or stop.access != ("write", wanted):
        return f"vm{vm} stopped: {stop.why if stop else 'never'}; it wrote IPA 0x{wanted:x}"
    return ""


def mailbox_is_refused(evidence: Evidence, vm: int) -> str:
    lines = re.findall(rf"^\[mailbox\] vm{vm} .*", evidence.run.text, re.M)
    if lines == [f"[mailbox] vm{vm} {HOSTILE}: no mailbox"]:
        return ""
    return lines[0] if lines else f"vm{vm}'s mailbox is not in the dump; {evidence.run}"


def bad_keys_are_hidden(evidence: Evidence, vm: int) -> str:
    """Of the keys of bad_mailbox.c only the last may be printed."""
    lines = re.findall(rf"^\[mailbox\] vm{vm} {BAD_MAILBOX}: (.*) = 0x", evidence.run.text, re.M)
    bad = [key for key in lines if not key or key[0] in "xy"]
    if bad:
        return f"vm{vm}'s mailbox: the key {bad[0]!r} is printed"
    if len(lines) != BAD_MAILBOX_KEYS or lines[-1] != "good":
        return f"vm{vm}'s mailbox: {', '.join(map(repr, lines)) or 'not dumped'}"
    return ""


def nothing_is_forged(evidence: Evidence, vm: int) -> str:
    """Each line is EL2's, and text of the hostile guest comes after its own prefix."""
    text = evidence.run.text
    # EL2's own panic is not forged.
    for line in re.split(r"^\[(?:exception|panic)\]", text, maxsplit=1, flags=re.M)[0].splitlines():
        if not EL2_LINE.match(line) or "\r" in line:
            return line
        if "forged" in line and not line.startswith(f"[vm{vm}] "):
            return line
    return "" if lines_of(text, vm) else str(evidence.run)


counter_is_right = of(
    COUNTER,
    no_trouble,
    counter_counts,
    goes_off,
    counter_reports,
    identity_is_right,
    counter_box_is_right,
)
memwalk_is_right = of(
    MEMWALK,
    no_trouble,
    memwalk_walks,
    goes_off,
    memwalk_reports,
    identity_is_right,
    memwalk_box_is_right,
)
both_are_right = first_wrong(counter_is_right, memwalk_is_right)
all_is_right = first_wrong(both_are_right, guests_take_turns, schedule_adds_up, ends_in_order)


def transcripts_are_equal(evidence: Evidence) -> str:
    """Return the first line in which one of the boots differs."""
    for run in evidence.again:
        if run.text == evidence.run.text:
            continue
        lines = zip(evidence.run.text.splitlines(), run.text.splitlines())
        pair = next(((a, b) for a, b in lines if a != b), ("", "a longer transcript"))
        return f"{pair[0]!r}, and then {pair[1]!r}"
    return "" if evidence.run.text else str(evidence.run)
