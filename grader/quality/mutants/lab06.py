# SPDX-License-Identifier: MIT
"""Mutants of lab 6: two operating systems, and the whole machine."""

from __future__ import annotations

from . import Edit, Mutant, mutant

START = "lab06-guests/guests/runtime/start.S"
CONSOLE = "lab06-guests/guests/runtime/console.c"
LOG = "lab06-guests/guests/runtime/log.c"
COUNTER = "lab06-guests/guests/counter_os/main.c"
MEMWALK = "lab06-guests/guests/memwalk_os/main.c"
MMU = "lab06-guests/guests/memwalk_os/mmu.c"
REPORT = "lab06-guests/report.c"
MACHINE = "lab06-guests/machine.c"

NOTHING_ELSE = "nothing else comes to a guest that is right"
ALL_ZERO = "EL2 hands over registers and a mailbox that are zero"

SP = "\tadrp\tx0, guest_stack_top\n\tadd\tx0, x0, :lo12:guest_stack_top\n\tmov\tsp, x0\n"
VBAR = "\tadrp\tx0, os_vectors\n\tadd\tx0, x0, :lo12:os_vectors\n\tmsr\tvbar_el1, x0\n"
OFF = "\tfor (;;)\n\t\thvc(HVC_SMCCC, PSCI_SYSTEM_OFF);\n"
WAIT = "\twhile (mmio_read32(VUART_IPA + UARTFR) & UARTFR_TXFF)\n\t\t;\n"
DR = "mmio_write32(VUART_IPA + UARTDR"

RUNTIME = [
    mutant("no stack", "lab06.1.counter_up", START, SP, ""),
    mutant("SP is loaded from the top of the stack", "lab06.1.counter_up", START, SP,
           SP.replace("mov\tsp, x0", "ldr\tx0, [x0]\n\tmov\tsp, x0")),
    mutant("SP_EL0 instead of SP", "lab06.1.counter_up", START, "mov\tsp, x0", "msr\tsp_el0, x0"),
    mutant("no vector table", "lab06.1.vectors", START, VBAR, ""),
    mutant("only the page of the vector table", "lab06.1", START,
           "\tadd\tx0, x0, :lo12:os_vectors\n", ""),
    mutant("VBAR_EL1 before its address is in x0", "lab06.1.vectors", START, VBAR,
           "\tmsr\tvbar_el1, x1\n" + VBAR.replace("\tmsr\tvbar_el1, x0\n", "")),
    mutant("VBAR_EL2 instead of VBAR_EL1", "lab06.1.counter_up", START, "vbar_el1", "vbar_el2"),
    mutant("no ISB after VBAR_EL1", "lab06.1.barriers", START,
           "\tisb\t\t\t\t/* before anything can fault */\n", ""),
    mutant("x29 and x30 not saved", "lab06.1", START, "\tmov\tx30, xzr\n", "", ALL_ZERO),
    mutant("console_init() forgotten", "lab06.1", START, "\tbl\tconsole_init\n", "",
           "the virtual UART sends whether it is switched on or not"),
    mutant("os_main() forgotten", "lab06.1.counter_up", START, "\tbl\tos_main\n", ""),
    mutant("nothing after os_main()", "lab06.1.off", START, "\tb\tos_off\n", ""),
    mutant("os_main() is not called but jumped to", "lab06.1.counter_up", START, "bl\tos_main",
           "b\tos_main"),
    mutant("waits for the FIFO to be not empty", "lab06.1.counter_up", CONSOLE, "UARTFR_TXFF",
           "UARTFR_TXFE"),
    mutant("waits for the FIFO to be full", "lab06.1.counter_up", CONSOLE, WAIT,
           WAIT.replace("mmio_read", "!(mmio_read").replace("TXFF)", "TXFF))")),
    mutant("no wait for room", "lab06.1.waits", CONSOLE, WAIT, ""),
    mutant("characters go to UARTFR", "lab06.1.counter_up", CONSOLE, DR, DR.replace("DR", "FR")),
    mutant("characters go to the physical UART", "lab06.1.counter_up", CONSOLE, DR,
           DR.replace("VUART_IPA", "0x41000000")),
    mutant("PSCI CPU_OFF instead of SYSTEM_OFF", "lab06.1.off", CONSOLE, "PSCI_SYSTEM_OFF",
           "PSCI_CPU_OFF"),
    mutant("PSCI SYSTEM_RESET instead of SYSTEM_OFF", "lab06.1.off", CONSOLE, "PSCI_SYSTEM_OFF",
           "PSCI_SYSTEM_RESET"),
    mutant("SYSTEM_OFF by another HVC than #0", "lab06.1.off", CONSOLE, "HVC_SMCCC", "HVC_YIELD"),
    mutant("os_off() loops and makes no call", "lab06.1.off", CONSOLE, OFF,
           '\tfor (;;)\n\t\t__asm__ volatile("wfi");\n'),
]

SIZES = "\tif (length == 0 || length >= MAILBOX_KEY_SIZE)\n\t\treturn -1;\n"
SEARCH = "\twhile (n < box->count && strcmp(box->entry[n].key, key) != 0)\n\t\tn++;\n"
FULL = "\tif (n == MAILBOX_ENTRIES)\n\t\treturn -1;\n"
COPY = "memcpy(box->entry[n].key, key, length + 1);"
COUNT = "\t\tbox->count = n + 1;\n"
MAGIC = "\t\tbox->magic = MAILBOX_MAGIC;\n"
DMB = "\t\tdmb(ishst);\t/* an observer of the count must see the entry */\n"
VALUE = "\tbox->entry[n].value = value;\n"
VALUE_FIRST = VALUE + "\tif (n == box->count) {\n" + MAGIC
RECORD = """\tstruct task_report report = {
\t\t.version = TASK_REPORT_VERSION,
\t\t.task = task,
\t\t.sequence = sequence,
\t\t.work = work,
\t\t.virtual_ns = hvc(HVC_VIRTUAL_TIME, 0),
\t};
"""


def _field_forgotten(name: str, value: str, expect: str = "lab06.3.reports") -> Mutant:
    return mutant(f"the report's {name} forgotten", expect, LOG, f"\t\t.{name} = {value},\n", "")


MAILBOX = [
    mutant("an empty key is logged", "lab06.2.keys", LOG, "length == 0 || ", ""),
    mutant("a key without room for its NUL is logged", "lab06.2.keys", LOG,
           "length >= MAILBOX_KEY_SIZE", "length > MAILBOX_KEY_SIZE"),
    mutant("a key of 23 characters is refused", "lab06.2.keys", LOG, "length >= MAILBOX_KEY_SIZE",
           "length >= MAILBOX_KEY_SIZE - 1"),
    mutant("no key is refused", "lab06.2.keys", LOG, SIZES, ""),
    mutant("no search for the key", "lab06.2.keys", LOG, SEARCH, "\tn = box->count;\n"),
    mutant("strcmp() inverted", "lab06.2.keys", LOG, ".key, key) != 0", ".key, key) == 0"),
    mutant("the search ends before the last entry", "lab06.2", LOG, "n < box->count &&",
           "n + 1 < box->count &&"),
    mutant("the search ends after the last entry", "lab06.2", LOG, "n < box->count &&",
           "n <= box->count &&"),
    mutant("keys compared by their address", "lab06.2.keys", LOG,
           "strcmp(box->entry[n].key, key) != 0", "box->entry[n].key != key"),
    mutant("a full mailbox is written beyond its end", "lab06.2.full", LOG, FULL, ""),
    mutant("the last entry is never used", "lab06.2.full", LOG, "n == MAILBOX_ENTRIES",
           "n == MAILBOX_ENTRIES - 1"),
    mutant("a full mailbox refuses keys that it has", "lab06.2.full", LOG, "n == MAILBOX_ENTRIES",
           "box->count == MAILBOX_ENTRIES"),
    mutant("the key without its NUL", "lab06.2.keys", LOG, COPY, COPY.replace(" + 1", "")),
    mutant("the key one character short", "lab06.2.keys", LOG, COPY, COPY.replace(" + 1", " - 1")),
    mutant("the key is not copied", "lab06.2.keys", LOG, COPY, ""),
    mutant("the value is not written", "lab06.2.keys", LOG, "\tbox->entry[n].value = value;\n", ""),
    mutant("only the value of a new key is written", "lab06.2.keys", LOG,
           "\tbox->entry[n].value = value;\n\tif (n == box->count) {\n",
           "\tif (n == box->count) {\n\t\tbox->entry[n].value = value;\n"),
    mutant("the count stays 0", "lab06.2.keys", LOG, COUNT, ""),
    mutant("the count is the index", "lab06.2.keys", LOG, COUNT, COUNT.replace(" + 1", "")),
    mutant("the count rises with each call", "lab06.2.keys", LOG, "if (n == box->count) {",
           "{\n\t\tn = box->count;"),
    mutant("no magic number", "lab06.2.keys", LOG, MAGIC, ""),
    mutant("values of 32 bits are logged", "lab06.4.logged", LOG, "].value = value;",
           "].value = (uint32_t)value;"),
    mutant("no barrier before the count", "lab06.2.barriers", LOG, DMB, ""),
    mutant("the count before the entry", "lab06.2.barriers", LOG,
           f"\t{COPY}\n{VALUE_FIRST}{DMB}{COUNT}\t}}\n",
           VALUE_FIRST.replace(VALUE, "") + f"{COUNT}{DMB}\t}}\n\t{COPY}\n{VALUE}"),
    mutant("the value after the count", "lab06.2.barriers", LOG,
           VALUE_FIRST + DMB + COUNT + "\t}\n",
           VALUE_FIRST.replace(VALUE, "") + DMB + COUNT + "\t}\n" + VALUE),
    mutant("the barrier after the count", "lab06.2.barriers", LOG, DMB + COUNT, COUNT + DMB),
    mutant("guest_log_value() returns the index", "lab06.2.keys", LOG, "\treturn 0;\n",
           "\treturn n;\n"),
]

TELEMETRY = [
    _field_forgotten("version", "TASK_REPORT_VERSION", "lab06.2.record"),
    *(_field_forgotten(name, name) for name in ("task", "sequence", "work")),
    _field_forgotten("virtual_ns", "hvc(HVC_VIRTUAL_TIME, 0)"),
    mutant("the report's name forgotten", "lab06.2.record", LOG, "\t\treport.name[i] = name[i];\n",
           "\t\t;\n"),
    mutant("sequence and work swapped", "lab06.3.reports", LOG,
           ".sequence = sequence,\n\t\t.work = work,", ".sequence = work,\n\t\t.work = sequence,"),
    mutant("the time in ticks of the counter", "lab06.3.time", LOG, "hvc(HVC_VIRTUAL_TIME, 0)",
           "read_sysreg(cntvct_el0)"),
    mutant("a record that is not initialised", "lab06.2.record", LOG, RECORD,
           "\tstruct task_report report;\n\n\treport.version = TASK_REPORT_VERSION;\n\treport.task"
           " = task;\n"
           "\treport.sequence = sequence;\n\treport.work = work;\n"
           "\treport.virtual_ns = hvc(HVC_VIRTUAL_TIME, 0);\n"),
    mutant("a name of at most 14 characters", "lab06.2.record", LOG, "TASK_NAME_SIZE - 1",
           "TASK_NAME_SIZE - 2"),
    mutant("a name without room for its NUL", "lab06.2", LOG, "i < TASK_NAME_SIZE - 1 &&",
           "i < TASK_NAME_SIZE &&", "a name has 15 characters at the most"),
    mutant("the record instead of its address", "lab06.2.record", LOG,
           "hvc(HVC_TASK_REPORT, &report)", "hvc(HVC_TASK_REPORT, report.version)"),
    mutant("the report by another HVC", "lab06.2.record", LOG, "hvc(HVC_TASK_REPORT, &report)",
           "hvc(HVC_YIELD, &report)"),
    mutant("EL2's result is dropped", "lab06.2.record", LOG,
           "\treturn hvc(HVC_TASK_REPORT, &report);",
           "\thvc(HVC_TASK_REPORT, &report);\n\treturn 0;"),
]

TICK = "\t\tdeadline += period;\n\t\ttimer_at(deadline);\n"
SLEEP = """\tirq_disable();
\tbefore = ticks;
\twhile (ticks == before) {
\t\t/* A pending interrupt ends WFI and is taken after it. */
\t\twfi();
\t\tirq_enable();
\t\tguest_isb();
\t\tirq_disable();
\t}
\tirq_enable();
"""
UNITS = "heap[units++ % (WORK_SIZE / sizeof(*heap))]++;"

TICKS = [
    mutant("an interrupt counts as an error", "lab06.3.expected", COUNTER,
           "frame->slot != SLOT_IRQ", "frame->slot == SLOT_IRQ"),
    mutant("an IRQ is expected in slot 4", "lab06.3.expected", COUNTER, "frame->slot != SLOT_IRQ",
           "frame->slot != SLOT_SYNC"),
    mutant("nothing is an error", "lab06.3.unexpected", COUNTER, "frame->slot != SLOT_IRQ", "0"),
    mutant("a spurious INTID is stray", "lab06.3", COUNTER,
           "\tif (intid == INTID_SPURIOUS)\n\t\treturn;\n", "", NOTHING_ELSE),
    mutant("no acknowledge", "lab06.3.first", COUNTER, "intid = irq_acknowledge();",
           "intid = PPI_VTIMER;"),
    mutant("no EOI", "lab06.3.first", COUNTER, "\tirq_end(intid);\n", ""),
    mutant("EOI of another INTID", "lab06.3.first", COUNTER, "irq_end(intid)",
           "irq_end(PPI_HYP_TIMER)"),
    mutant("EOI before the timer is set", "lab06.3.time", COUNTER, "\t\tticks++;\n",
           "\t\tticks++;\n\t\tirq_end(intid);\n\t\tintid = INTID_SPURIOUS;\n"),
    mutant("another timer's INTID", "lab06.3.first", COUNTER, "PPI_VTIMER", "PPI_HYP_TIMER"),
    mutant("a tick is not counted", "lab06.3.first", COUNTER, "\t\tticks++;\n", ""),
    mutant("a tick counts twice", "lab06.3.time", COUNTER, "\t\tticks++;\n", "\t\tticks += 2;\n"),
    mutant("no next deadline", "lab06.3.first", COUNTER, TICK, ""),
    mutant("the same deadline again", "lab06.3.first", COUNTER, "\t\tdeadline += period;\n", ""),
    mutant("the deadline moves and the timer does not", "lab06.3.first", COUNTER,
           "\t\ttimer_at(deadline);\n", ""),
    mutant("the next deadline from now", "lab06.3.time", COUNTER, "deadline += period;",
           "deadline = read_sysreg(cntvct_el0) + period;"),
    mutant("a deadline two periods on", "lab06.3.time", COUNTER, "deadline += period;",
           "deadline += 2 * period;"),
    mutant("the timer is set to the period", "lab06.3.first", COUNTER, "\t\ttimer_at(deadline);\n",
           "\t\ttimer_at(period);\n"),
    mutant("the timer is stopped by its tick", "lab06.3.first", COUNTER,
           "\t\ttimer_at(deadline);\n", "\t\ttimer_stop();\n"),
    mutant("each interrupt is stray too", "lab06.5.counter_mailbox", COUNTER,
           "\t} else {\n\t\tstray++;\n\t}\n", "\t}\n\tstray++;\n"),
]

ASK = "\t\tos_exception(&(struct os_frame){ .slot = 5 });\n"  # SLOT_IRQ

COUNTS = [
    mutant("CurrentEL not shifted", "lab06.5.counter_identity", COUNTER,
           'guest_log_value("el", FIELD_GET(CURRENTEL_EL, read_sysreg(CurrentEL)))',
           'guest_log_value("el", read_sysreg(CurrentEL))'),
    mutant("sp is the address of a variable", "lab06.5.counter_identity", COUNTER,
           '\tguest_log_value("sp", (uint64_t)__builtin_frame_address(0));\n',
           '\tchar here;\n\n\tguest_log_value("sp", (uint64_t)&here | 1);\n'),
    mutant("the other slot's heap is logged", "lab06.5.counter_identity", COUNTER,
           'guest_log_value("heap", WORK_ADDR(GUEST_SLOT))',
           'guest_log_value("heap", WORK_ADDR(!GUEST_SLOT))'),
    mutant("the slot instead of the heap is logged", "lab06.5.counter_identity", COUNTER,
           'guest_log_value("heap", WORK_ADDR(GUEST_SLOT))',
           'guest_log_value("heap", SLOT_ADDR(GUEST_SLOT))'),
    mutant("heap is not logged", "lab06.5.counter_identity", COUNTER,
           '\tguest_log_value("heap", WORK_ADDR(GUEST_SLOT));\n', ""),
    mutant("work in the other VM's heap", "lab06.3.inside", COUNTER, "*)WORK_ADDR(GUEST_SLOT)",
           "*)WORK_ADDR(!GUEST_SLOT)"),
    mutant("the heap's index never wraps", "lab06.3.inside", COUNTER, UNITS, "heap[units++]++;"),
    mutant("the heap's index wraps at bytes", "lab06.3.inside", COUNTER, UNITS,
           "heap[units++ % WORK_SIZE]++;"),
    mutant("the heap's last word is left out", "lab06.3.heap", COUNTER, UNITS,
           UNITS.replace("sizeof(*heap))", "sizeof(*heap) - 1)")),
    mutant("all units in one word", "lab06.3.heap", COUNTER, UNITS,
           "{\n\t\theap[0]++;\n\t\tunits++;\n\t}"),
    mutant("a unit writes nothing", "lab06.3.heap", COUNTER, UNITS, "units++;"),
    mutant("a unit overwrites its word", "lab06.3.heap", COUNTER,
           "heap[units++ % (WORK_SIZE / sizeof(*heap))]++",
           "heap[units++ % (WORK_SIZE / sizeof(*heap))] = units"),
    mutant("one unit too many is returned", "lab06.3.heap", COUNTER, "\treturn units;\n",
           "\treturn units + 1;\n"),
    mutant("no unit is returned", "lab06.3.reports", COUNTER, "\treturn units;\n", "\treturn 0;\n"),
    mutant("work ends at the second tick", "lab06.3", COUNTER,
           "\twhile (ticks == before)\n\t\theap", "\twhile (ticks < before + 2)\n\t\theap",
           "a round may have more ticks than two"),
    mutant("one unit a round", "lab06.3.rounds", COUNTER, "\twhile (ticks == before)\n\t\theap",
           "\tif (ticks == before)\n\t\theap"),
    mutant("a loop instead of WFI", "lab06.3.masked", COUNTER,
           '\t\twfi();\n\t\tirq_enable();', "\t\tirq_enable();"),
    mutant("YIELD instead of WFI", "lab06.3.masked", COUNTER, "wfi()",
           '__asm__ volatile("hvc #0x61" ::: "x0", "x1", "x2", "x3", "memory")'),
    mutant("WFI with IRQs unmasked", "lab06.3.masked", COUNTER, SLEEP,
           '\tbefore = ticks;\n\twhile (ticks == before)\n\t\twfi();\n'),
    mutant("unmasked before WFI", "lab06.3.masked", COUNTER,
           '\t\twfi();\n\t\tirq_enable();',
           '\t\tirq_enable();\n\t\t__asm__ volatile("wfi" ::: "memory");'),
    mutant("never unmasked after WFI", "lab06.3.first", COUNTER,
           "\t\tirq_enable();\n\t\tguest_isb();\n", ""),
    mutant("not masked again", "lab06.3.masked", COUNTER, "\t\tguest_isb();\n\t\tirq_disable();\n",
           "\t\tguest_isb();\n"),
    mutant("no ISB after unmasking", "lab06.3.barriers", COUNTER,
           "\t\tirq_enable();\n\t\tguest_isb();\n", "\t\tirq_enable();\n"),
    Mutant("IRQs are polled and never taken", "lab06.3.taken", (
        Edit(COUNTER, "\twhile (ticks == before)\n\t\theap[",
             "\twhile (ticks == before) {\n" + ASK + "\t\theap["),
        Edit(COUNTER, "/ sizeof(*heap))]++;\n", "/ sizeof(*heap))]++;\n\t}\n"),
        Edit(COUNTER, "\t\tirq_enable();\n\t\tguest_isb();\n\t\tirq_disable();\n", ASK),
        Edit(COUNTER, "\t}\n\tirq_enable();\n", "\t}\n"),
        Edit(COUNTER, "\ttimer_at(deadline);\n\tirq_enable();\n", "\ttimer_at(deadline);\n"),
    )),
    mutant("IRQs stay masked after a sleep", "lab06.3.rounds", COUNTER, "\t}\n\tirq_enable();\n",
           "\t}\n"),
    mutant("only one WFI, even if it ends early", "lab06.3.early_wake", COUNTER,
           "\twhile (ticks == before) {\n\t\t/* A pending",
           "\tif (ticks == before) {\n\t\t/* A pending"),
]

EXPECTED = "frame->slot != SLOT_SYNC || esr_ec(esr) != EC_DABT_SAME ||\n\t    far != HOLE_VA"
FILL = "\tfor (uint64_t i = 0; i < WORDS; i++)\n\t\theap[i] = pattern(round, i);\n"
COMPARE = "\tfor (uint64_t i = 0; i < WORDS; i++)\n\t\twrong += heap[i] != pattern(round, i);\n"

WALKS = [
    mutant("no fault is expected", "lab06.4.expected", MEMWALK, EXPECTED, "true"),
    mutant("every exception is expected", "lab06.4.unexpected", MEMWALK, EXPECTED, "false"),
    mutant("FAR is not checked", "lab06.4.unexpected", MEMWALK, " ||\n\t    far != HOLE_VA", ""),
    mutant("a data abort from a lower EL is expected", "lab06.4.expected", MEMWALK, "EC_DABT_SAME",
           "EC_DABT_LOWER"),
    mutant("EC not taken out of ESR", "lab06.4.expected", MEMWALK, "esr_ec(esr) != EC_DABT_SAME ||",
           "esr != EC_DABT_SAME ||"),
    mutant("the abort is expected in slot 5", "lab06.4.expected", MEMWALK,
           "frame->slot != SLOT_SYNC", "frame->slot != 5"),
    mutant("ELR instead of FAR", "lab06.4.expected", MEMWALK, "far = read_sysreg(far_el1)",
           "far = read_sysreg(elr_el1)"),
    mutant("the fault is not counted", "lab06.4.rounds", MEMWALK, "\tfaults++;\n", ""),
    mutant("FAR is not kept", "lab06.5.memwalk_mailbox", MEMWALK, "\tlast_far = far;\n", ""),
    mutant("ELR is kept as the FAR", "lab06.5.memwalk_mailbox", MEMWALK, "last_far = far;",
           "last_far = frame->elr;"),
    mutant("ELR not advanced", "lab06.4.first", MEMWALK, "\tframe->elr += 4;\n", ""),
    mutant("ELR_EL1 advanced and not the frame's", "lab06.4.first", MEMWALK, "frame->elr += 4;",
           "write_sysreg(elr_el1, frame->elr + 4);"),
    mutant("ELR advanced by two instructions", "lab06.4", MEMWALK, "frame->elr += 4;",
           "frame->elr += 8;"),
    mutant("the last word is not walked", "lab06.4.heap", MEMWALK, FILL + COMPARE,
           (FILL + COMPARE).replace("i < WORDS", "i < WORDS - 1")),
    mutant("a word too many", "lab06.4.expected", MEMWALK, FILL + COMPARE,
           (FILL + COMPARE).replace("i < WORDS", "i <= WORDS")),
    mutant("walks from word 1", "lab06.4.heap", MEMWALK, FILL + COMPARE,
           (FILL + COMPARE).replace("i = 0", "i = 1")),
    mutant("the heap's bytes counted as words", "lab06.4.expected", MEMWALK, FILL,
           FILL.replace("WORDS", "WORK_SIZE")),
    mutant("every second word", "lab06.4.heap", MEMWALK, FILL + COMPARE,
           (FILL + COMPARE).replace("i++", "i += 2")),
    mutant("the same pattern in each round", "lab06.4.heap", MEMWALK, FILL + COMPARE,
           (FILL + COMPARE).replace("pattern(round, i)", "pattern(1, i)")),
    mutant("the same word everywhere", "lab06.4.heap", MEMWALK, FILL + COMPARE,
           (FILL + COMPARE).replace("pattern(round, i)", "pattern(round, 0)")),
    mutant("the heap at its IPA", "lab06.4.expected", MEMWALK, "(volatile uint64_t *)HEAP_VA",
           "(volatile uint64_t *)WORK_ADDR(GUEST_SLOT)"),
    mutant("compares with the round before", "lab06.4.rounds", MEMWALK, COMPARE,
           COMPARE.replace("round", "round - 1")),
    mutant("counts the right words", "lab06.4.rounds", MEMWALK, "wrong += heap[i] != ",
           "wrong += heap[i] == "),
    mutant("never filled", "lab06.4.rounds", MEMWALK, FILL, ""),
    mutant("compares each word at once", "lab06.4.verified", MEMWALK, FILL + COMPARE,
           FILL.replace("\t\theap[i] = pattern(round, i);\n",
                        "\t\twrong += (heap[i] = pattern(round, i)) != heap[i];\n")),
    mutant("nothing is compared", "lab06.4.verified", MEMWALK, COMPARE, ""),
    mutant("no wrong word is returned", "lab06.4.verified", MEMWALK, "\treturn wrong;\n",
           "\treturn 0 * wrong;\n"),
]

EACH = "for (uint64_t offset = 0; offset < size; offset += PAGE_SIZE) {"
TABLE = "\t\tuint64_t *table = tables[0];\n"
LEAF = "(ipa + offset) | attributes | PTE_PAGE"
MASK = " >> shift &\n\t\t\t\t\t\t  (PT_ENTRIES - 1)]"

MAP = [
    mutant("every page of a range maps to its first", "lab06.4.mmu", MMU, LEAF,
           LEAF.replace("(ipa + offset)", "ipa")),
    mutant("the leaf maps to the VA", "lab06.4.inside", MMU, LEAF, LEAF.replace("ipa", "va")),
    mutant("all pages in one entry", "lab06.4.mmu", MMU, "table[(va + offset) >> PAGE_SHIFT",
           "table[va >> PAGE_SHIFT"),
    mutant("a table's index of the first page", "lab06.4", MMU, "&table[(va + offset) >> shift",
           "&table[va >> shift", "no range crosses a boundary of 2 MiB"),
    mutant("the leaf is a block", "lab06.4.mmu", MMU, LEAF, LEAF.replace("PTE_PAGE", "PTE_VALID")),
    mutant("the leaf is not valid", "lab06.4.mmu", MMU, LEAF, LEAF.replace(" | PTE_PAGE", "")),
    mutant("attributes forgotten", "lab06.4.mmu", MMU, LEAF,
           LEAF.replace("attributes", "0 * attributes")),
    mutant("a page too many", "lab06.4.tables", MMU, EACH,
           EACH.replace("offset < size", "offset <= size")),
    mutant("a page too few", "lab06.4.mmu", MMU, EACH,
           EACH.replace("offset < size", "offset + PAGE_SIZE < size")),
    mutant("one page for any size", "lab06.4.mmu", MMU, EACH,
           EACH.replace("offset < size", "offset < PAGE_SIZE && size")),
    mutant("each page begins in the table of the one before", "lab06.4.mmu", MMU,
           f"\t{EACH}\n{TABLE}", f"\tuint64_t *table = tables[0];\n\n\t{EACH}\n"),
    mutant("begins at level 0", "lab06.4.mmu", MMU, "(PT_LAST_LEVEL - START_LEVEL)",
           "(PT_LAST_LEVEL - START_LEVEL + 1)"),
    mutant("begins at level 2", "lab06.4.mmu", MMU, "(PT_LAST_LEVEL - START_LEVEL)",
           "(PT_LAST_LEVEL - START_LEVEL - 1)"),
    mutant("a level too many", "lab06.4.mmu", MMU, "shift > PAGE_SHIFT", "shift >= PAGE_SHIFT"),
    mutant("8 bits an index", "lab06.4.mmu", MMU, "shift -= 9", "shift -= 8"),
    mutant("an index is not cut to 9 bits", "lab06.4.mmu", MMU, MASK, " >> shift]"),
    mutant("the root is the second table", "lab06.4.mmu", MMU, TABLE, TABLE.replace("[0]", "[1]")),
]

TCR = "FIELD_PREP(TCR_T0SZ, 64 - VA_BITS)"
IPS = """ |
\t\t\t      FIELD_PREP(TCR_EL1_IPS,
\t\t\t\t\t FIELD_GET(ID_AA64MMFR0_PARANGE,
\t\t\t\t\t\t   read_sysreg(id_aa64mmfr0_el1))));"""
TTBR = "\twrite_sysreg(ttbr0_el1, tables[0]);\n"
SCTLR = """\twrite_sysreg(sctlr_el1, read_sysreg(sctlr_el1) | SCTLR_ELx_M |
\t\t     SCTLR_ELx_C | SCTLR_ELx_I | SCTLR_ELx_WXN);
"""
TLBI = '\t__asm__ volatile("tlbi vmalle1\\n\\tic iallu" ::: "memory");\n'
CLEAN_DATA = "\tcache_clean_invalidate(guest_data_start, guest_image_end - guest_data_start);\n"
MAIR = """\twrite_sysreg(mair_el1, MAIR_ATTR(INDEX_NORMAL, MAIR_NORMAL_WB) |
\t\t\t       MAIR_ATTR(INDEX_DEVICE, MAIR_DEVICE_nGnRE));
"""

REGIME = [
    mutant("MAIR_EL1 forgotten", "lab06.4.regime", MMU, MAIR, ""),
    mutant("MAIR's attributes swapped", "lab06.4.regime", MMU, MAIR,
           MAIR.replace("NORMAL,", "X,").replace("DEVICE,", "NORMAL,").replace("INDEX_X,",
                                                                               "INDEX_DEVICE,")),
    mutant("everything is normal memory", "lab06.4.regime", MMU, "MAIR_DEVICE_nGnRE",
           "MAIR_NORMAL_WB"),
    mutant("T0SZ is the number of bits", "lab06.4.mmu", MMU, TCR, "FIELD_PREP(TCR_T0SZ, VA_BITS)"),
    mutant("T0SZ one too large", "lab06.4.regime", MMU, TCR, TCR.replace("64", "65")),
    mutant("T0SZ left at 0", "lab06.4.mmu", MMU, f"{TCR} |\n\t\t\t      ", ""),
    mutant("walks not cacheable", "lab06.4.regime", MMU, "TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | ", ""),
    mutant("walks not cacheable outside", "lab06.4.regime", MMU, "TCR_ORGN0_WBWA | ", ""),
    mutant("walks not shareable", "lab06.4.regime", MMU, "TCR_SH0_INNER |\n\t\t\t      ", ""),
    mutant("EPD1 forgotten", "lab06.4.regime", MMU, " | TCR_EL1_EPD1", ""),
    mutant("IPS left at 32 bits", "lab06.4.regime", MMU, IPS, ");"),
    mutant("PARange in IPS not shifted", "lab06.4", MMU, IPS,
           IPS.replace("FIELD_PREP(TCR_EL1_IPS,", "(").replace("));", "));")),
    mutant("TTBR0_EL1 forgotten", "lab06.4.mmu", MMU, TTBR, ""),
    mutant("TTBR1_EL1 instead of TTBR0_EL1", "lab06.4.mmu", MMU, TTBR,
           TTBR.replace("ttbr0", "ttbr1")),
    mutant("TTBR0_EL1 has the first entry instead of the table", "lab06.4.mmu", MMU, TTBR,
           TTBR.replace("tables[0]", "tables[0][0]")),
    mutant("M forgotten", "lab06.4.inside", MMU, " | SCTLR_ELx_M |", " |"),
    *(mutant(f"{bit} forgotten", "lab06.4.regime", MMU, f" SCTLR_ELx_{bit}{behind}", f" 0{behind}")
      for bit, behind in (("C", " |"), ("I", " |"), ("WXN", ");"))),
    mutant("SCTLR_EL1 overwritten", "lab06.4.regime", MMU, "read_sysreg(sctlr_el1) | SCTLR_ELx_M",
           "SCTLR_ELx_M"),
    mutant("SCTLR_EL1 not written", "lab06.4.inside", MMU, SCTLR, ""),
    mutant("the MMU before its tables", "lab06.4.mmu", MMU, MAIR, SCTLR + "\tisb();\n" + MAIR),
    mutant("the data's caches not cleaned", "lab06.4.barriers", MMU, CLEAN_DATA, ""),
    mutant("the mailbox's caches not cleaned", "lab06.4.barriers", MMU,
           "\tcache_clean_invalidate((void *)mailbox, MAILBOX_SIZE);\n", ""),
    mutant("no TLBI", "lab06.4.barriers", MMU, TLBI, TLBI.replace("tlbi vmalle1\\n\\t", "")),
    mutant("no IC IALLU", "lab06.4.barriers", MMU, TLBI, TLBI.replace("\\n\\tic iallu", "")),
    mutant("TLBI of EL2's regime", "lab06.4", MMU, TLBI, TLBI.replace("vmalle1", "alle2")),
    mutant("no DSB after TLBI", "lab06.4.barriers", MMU, "\tdsb(nsh);\n", ""),
    mutant("no ISB before SCTLR_EL1", "lab06.4.barriers", MMU, "\tdsb(nsh);\n\tisb();\n",
           "\tdsb(nsh);\n"),
    mutant("no ISB after SCTLR_EL1", "lab06.4.barriers", MMU,
           "\tisb();\t\t/* every address is a VA from here on */\n", ""),
]

KEY_END = "\t\tif (!key[i])\n\t\t\treturn i > 0;\n"
KEY_BAD = "key[i] < ' ' || key[i] > '~' || key[i] == '='"
CLEAN_BOX = "\tcache_clean_invalidate(box, sizeof(*box));\n"
REFUSED = "box->magic != MAILBOX_MAGIC || box->count > MAILBOX_ENTRIES"
ENTRIES = "for (uint64_t i = 0; i < box->count; i++) {"
CLASSES = "for (unsigned int class = 0; class < EXIT_CLASSES; class++)"
OCCURRED = "\t\t\tif (vcpu->exits[class])\n\t\t\t\tprintf"
RING, RING_END = "\tdo {\n\t\tvcpu = vcpu->next;\n", "\t} while (vcpu != last);\n"

REPORTED = [
    mutant("a key may be empty", "lab06.5.bad_keys", REPORT, "return i > 0;", "return true;"),
    mutant("every key is good", "lab06.5.refused_both", REPORT, "\t/* HOLE(lab06.5): 1 to",
           "\tif (key)\n\t\treturn true;\n\t/* HOLE(lab06.5): 1 to"),
    mutant("control characters are good", "lab06.5.refused_both", REPORT, "key[i] < ' ' || ", ""),
    mutant("characters after ~ are good", "lab06.5.bad_keys", REPORT, "key[i] > '~' || ", ""),
    mutant("DEL is good", "lab06.5.bad_keys", REPORT, "key[i] > '~'", "key[i] > '~' + 1"),
    mutant("= is good", "lab06.5.bad_keys", REPORT, " || key[i] == '='", ""),
    mutant("a space is bad", "lab06.5", REPORT, "key[i] < ' '", "key[i] <= ' '"),
    mutant("a key without a NUL is good", "lab06.5.refused_both", REPORT, "\t}\n\treturn false;\n",
           "\t}\n\treturn true;\n"),
    mutant("the NUL may be the value's first byte", "lab06.5.bad_keys", REPORT,
           "i < MAILBOX_KEY_SIZE", "i <= MAILBOX_KEY_SIZE"),
    mutant("a key of 23 characters is bad", "lab06.5.full", REPORT, "i < MAILBOX_KEY_SIZE",
           "i < MAILBOX_KEY_SIZE - 1"),
    mutant("only the first character is checked", "lab06.5.counter_identity", REPORT,
           "i < MAILBOX_KEY_SIZE", "i < 1"),
    mutant("keys are printed unchecked", "lab06.5.refused_both", REPORT,
           'key_ok(entry->key) ? entry->key : "(bad key)"',
           'key_ok(entry->key) ? entry->key : entry->key'),
    mutant("a bad key's entry is left out", "lab06.5.bad_keys", REPORT,
           "\t\tprintf(\"[mailbox] vm%u %s: %s",
           "\t\tif (!key_ok(entry->key))\n\t\t\tcontinue;\n\t\tprintf(\"[mailbox] vm%u %s: %s"),
    mutant("EL2 does not clean its caches", "lab06.5.cleaned", REPORT, CLEAN_BOX, ""),
    mutant("the magic number is not checked", "lab06.5.refused_counter", REPORT, REFUSED,
           REFUSED.replace("box->magic != MAILBOX_MAGIC || ", "")),
    mutant("the count is not checked", "lab06.5.refused_memwalk", REPORT, REFUSED,
           REFUSED.replace(" || box->count > MAILBOX_ENTRIES", "")),
    mutant("the count as a signed number", "lab06.5.refused_memwalk", REPORT,
           "box->count > MAILBOX_ENTRIES", "(int64_t)box->count > MAILBOX_ENTRIES"),
    mutant("a count of 128 is good", "lab06.5.refused_both", REPORT, "box->count > MAILBOX_ENTRIES",
           "box->count > MAILBOX_ENTRIES + 1"),
    mutant("a full mailbox is none", "lab06.5.full", REPORT, "box->count > MAILBOX_ENTRIES",
           "box->count >= MAILBOX_ENTRIES"),
    mutant("magic or count may be wrong, not both", "lab06.5.refused_memwalk", REPORT,
           "MAILBOX_MAGIC || box->count", "MAILBOX_MAGIC && box->count"),
    mutant("an invalid mailbox is not reported", "lab06.5.refused_memwalk", REPORT,
           '\t\tprintf("[mailbox] vm%u %s: no mailbox\\n", vm->id, vm->name);\n', ""),
    mutant("the first entry is left out", "lab06.5.counter_identity", REPORT, ENTRIES,
           ENTRIES.replace("i = 0", "i = 1")),
    mutant("the last entry is left out", "lab06.5.counter_mailbox", REPORT, ENTRIES,
           ENTRIES.replace("i < box->count", "i + 1 < box->count")),
    mutant("an entry too many", "lab06.5", REPORT, ENTRIES, ENTRIES.replace("i < box", "i <= box")),
    mutant("values in decimal", "lab06.5.counter_identity", REPORT, "= 0x%lx", "= %lu"),
    mutant("values of 32 bits", "lab06.5.memwalk_identity", REPORT, "\t\t       entry->value);",
           "\t\t       entry->value & 0xffffffff);"),
    mutant("values of 40 bits", "lab06.5.mailbox_memory", REPORT, "\t\t       entry->value);",
           "\t\t       entry->value & 0xffffffffff);"),
    mutant("exits of 32 bits", "lab06.5.exits_memory", REPORT,
           "\t\t\t\t       vcpu->exits[class]);",
           "\t\t\t\t       (uint64_t)(uint32_t)vcpu->exits[class]);"),
    mutant("everybody's mailbox is VM 0's", "lab06.5.memwalk_identity", REPORT,
           "MAILBOX_ADDR(vm->id)", "MAILBOX_ADDR(0)"),
    mutant("classes that never occurred are printed", "lab06.5.exits", REPORT, OCCURRED,
           OCCURRED.replace("if (vcpu->exits[class])\n\t\t\t\t", "")),
    mutant("interrupts are left out", "lab06.5.exits", REPORT, CLASSES,
           CLASSES.replace("EXIT_CLASSES", "EXIT_CLASSES - 3")),
    mutant("the first class is left out", "lab06.5.exits_memory", REPORT, CLASSES,
           CLASSES.replace("class = 0", "class = 1")),
    mutant("the number before the name", "lab06.5.exits", REPORT,
           '" %s %lu", exit_class_name(class),\n\t\t\t\t       vcpu->exits[class]',
           '" %lu %s", vcpu->exits[class],\n\t\t\t\t       exit_class_name(class)'),
    mutant("exit_report() does not end its lines", "lab06.5.exits", REPORT, '\t\tprintf("\\n");\n',
           ""),
    mutant("the last vCPU is forgotten", "lab06.5.exits", REPORT, "while (vcpu != last)",
           "while (vcpu->next != last)"),
    mutant("one vCPU only", "lab06.5.exits", REPORT, "while (vcpu != last)", "while (0)"),
    Mutant("the ring is walked from its last vCPU", "lab06.6.order", (
        Edit(REPORT, RING, RING.replace("\t\tvcpu = vcpu->next;\n", "")),
        Edit(REPORT, RING_END, "\t\tvcpu = vcpu->next;\n" + RING_END),
    )),
    mutant("every line has the first vCPU's counts", "lab06.5.exits", REPORT,
           "if (vcpu->exits[class])\n\t\t\t\tprintf(\" %s %lu\", exit_class_name(class),\n\t\t\t\t "
           "      vcpu->exits[class])",
           "if (last->exits[class])\n\t\t\t\tprintf(\" %s %lu\", exit_class_name(class),\n\t\t\t\t "
           "      last->exits[class])"),
]

WIPE = """\tcache_zero((void *)SLOT_ADDR(id), SLOT_SIZE);
\tcache_zero((void *)MAILBOX_ADDR(id), MAILBOX_SIZE);
"""
DESTROY = "\tvm_destroy(vm);\n"
EACH_VM = "\tfor (unsigned int id = 0; id < VM_MAX; id++)\n"

ENDS = [
    mutant("the slot is not wiped", "lab06.6.erased", MACHINE, WIPE, WIPE.splitlines(True)[1]),
    mutant("the mailbox is not wiped", "lab06.6.erased", MACHINE, WIPE, WIPE.splitlines(True)[0]),
    mutant("nothing is wiped", "lab06.6.erased", MACHINE, WIPE, ""),
    mutant("only the heap is wiped", "lab06.6.erased", MACHINE, "SLOT_ADDR(id), SLOT_SIZE",
           "WORK_ADDR(id), WORK_SIZE"),
    mutant("one page of the slot is wiped", "lab06.6.erased", MACHINE, "SLOT_ADDR(id), SLOT_SIZE",
           "SLOT_ADDR(id), PAGE_SIZE"),
    mutant("the wipe reaches into the guard", "lab06.6.order", MACHINE, "SLOT_ADDR(id), SLOT_SIZE",
           "SLOT_ADDR(id), SLOT_SIZE + GUARD_SIZE"),
    mutant("destroyed before it is wiped", "lab06.6.order", MACHINE, WIPE + DESTROY,
           DESTROY + WIPE),
    mutant("not destroyed", "lab06.6.freed", MACHINE, DESTROY, "\t(void)vm;\n"),
    mutant("only the tables are destroyed", "lab06.6.destroyed", MACHINE, DESTROY,
           "\tpt_destroy(&vm->s2);\n"),
    mutant("a page more is counted", "lab06.6.counted", MACHINE, "page_count_free() - before",
           "page_count_free() - before + 1"),
    mutant("pages counted after vm_destroy() twice", "lab06.6.freed", MACHINE, DESTROY,
           DESTROY + "\tbefore = page_count_free();\n"),
    mutant("the free pages before are not subtracted", "lab06.6.freed", MACHINE,
           "page_count_free() - before", "page_count_free() - 0 * before"),
    mutant("before minus after", "lab06.6.freed", MACHINE, "page_count_free() - before",
           "before - page_count_free()"),
    mutant("another line than [end]", "lab06.6", MACHINE, "destroyed, %lu table pages freed",
           "%lu pages"),
    mutant("the last vCPU stays loaded", "lab06.6", MACHINE, "\tcontext_switch(NULL);\n", "",
           "sched_run() has unloaded the last vCPU"),
    mutant("only the first VM", "lab06.6.freed", MACHINE, EACH_VM,
           EACH_VM.replace("VM_MAX", "1")),
    mutant("at most two VMs", "lab06.6.every_vm", MACHINE, EACH_VM, EACH_VM.replace("VM_MAX", "2")),
    mutant("VM 0 is forgotten", "lab06.6.freed", MACHINE, EACH_VM,
           EACH_VM.replace("id = 0", "id = 1")),
    mutant("the VM of the last id is forgotten", "lab06.6.every_vm", MACHINE, EACH_VM,
           EACH_VM.replace("VM_MAX", "VM_MAX - 1")),
    mutant("the last VM first", "lab06.6.order", MACHINE, EACH_VM,
           "\tfor (unsigned int id = VM_MAX; id-- > 0;)\n"),
    mutant("ids without a VM are not skipped", "lab06.6", MACHINE,
           "\t\tif (vm_get(id))\n\t\t\ttake_apart", "\t\t\ttake_apart"),
    mutant("power off in machine_end()", "lab06.6.last", MACHINE, "\t\t\ttake_apart(vm_get(id));\n",
           "\t\t\ttake_apart(vm_get(id));\n\tpower_off();\n"),
]

# Mistakes that earlier graders gave full marks.
ONCE_UNSEEN = [
    mutant(
        "VBAR_EL1 after the console",
        "lab06.1.vectors",
        START,
        "\tadrp\tx0, os_vectors\n\tadd\tx0, x0, :lo12:os_vectors\n\tmsr\tvbar_el1,"
        " x0\n\tisb\t\t\t\t/* before anything can fault */\n\tmov\tx29, xzr\t\t/* the end of every"
        " backtrace */\n\tmov\tx30, xzr\n\tbl\tconsole_init\n",
        "\tmov\tx29, xzr\t\t/* the end of every backtrace */\n\tmov\tx30,"
        " xzr\n\tbl\tconsole_init\n\tadrp\tx0, os_vectors\n\tadd\tx0, x0,"
        " :lo12:os_vectors\n\tmsr\tvbar_el1, x0\n\tisb\n",
    ),
    mutant(
        "key compared as a prefix",
        "lab06.2.keys",
        LOG,
        "strcmp(box->entry[n].key, key) != 0)",
        "memcmp(box->entry[n].key, key, length) != 0)",
    ),
    Mutant(
        "count cut to 32 bits before the check",
        "lab06.5",
        (
            Edit(REPORT, "\tif (box->magic != MAILBOX_MAGIC || box->count > MAILBOX_ENTRIES) {\n",
                 "\tuint32_t count = box->count;\n\n\tif (box->magic != MAILBOX_MAGIC"
                 " || count > MAILBOX_ENTRIES) {\n"),
            Edit(REPORT, "\tfor (uint64_t i = 0; i < box->count; i++) {\n",
                 "\tfor (uint64_t i = 0; i < count; i++) {\n"),
        ),
    ),
    mutant(
        "SErrors not reported",
        "lab06.5",
        REPORT,
        "class < EXIT_CLASSES; class++)",
        "class < EXIT_CLASSES - 1; class++)",
    ),
]

MUTANTS = tuple(
    RUNTIME + MAILBOX + TELEMETRY + TICKS + COUNTS + WALKS + MAP + REGIME + REPORTED + ENDS
    + ONCE_UNSEEN
)
