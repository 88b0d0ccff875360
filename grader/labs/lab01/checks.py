# SPDX-License-Identifier: MIT
"""Lab 1: from reset to a C program that survives its own faults.

In the order of the transcript; the first boot is the usual one, then come 17 cores, a
machine that enters at EL1 and one at EL3, and one with junk in .bss and in registers. What
the first tasks are for shows only later; while a later hole is open, that one is the sign
that they are done.
"""

from __future__ import annotations

import re

from ..boot_checks import lines_end_with_crlf, reached, segments_are_apart
from ..check import Boot, Check
from ..execution_order import eret_is_fenced, in_order
from ..probe_checks import probed
from . import machine, probes
from .rules import BANNER, STATE, banner_stands_alone, ends_with_the_panic, seen_once

PANIC = "[panic] unexpected exception in EL2: data abort from the same EL at {hex}"
BRK = "[exception] EC 0x3c BRK64, ISS 0x0000010"
SLOT_4 = "[exception] slot 4: current EL with SP_ELx, synchronous"

# Refused by boot_check.c, at EL2: the boot CPU got that far.
STATE_REFUSED = r"\[boot\] refused: (?!entered at).*"
BSS_REFUSED = r"\[boot\] refused: \.(?:bss|data) .*"

# One more than a cluster has: the last one has Aff1 = 1, and Aff0 = 0 as the boot CPU.
TWO_CLUSTERS = Boot(smp=17)
AT_EL1 = Boot(level=1)
AT_EL3 = Boot(level=3)
JUNK = Boot(junk=True)

PROBES = probes.PROBES


def sign(
    name: str,
    points: int,
    title: str,
    patterns: tuple[str, ...],
    wanted: str,
    hint: str,
    boot: Boot = Boot(),
    needs: str = "",
) -> Check:
    """One of several lines shows that a task is done."""
    return Check(
        f"lab01.{name}",
        points,
        title,
        pattern="|".join(patterns),
        wanted=wanted,
        hint=hint,
        boot=boot,
        anywhere=True,
        needs=needs,
    )


AT_EL2 = (re.escape(STATE), STATE_REFUSED, reached("lab01.1"))
LAST = (r"\[panic\] .*", STATE_REFUSED, reached("lab01.1"))

CHECKS = [
    sign(
        "1.el2",
        4,
        "The boot CPU goes on at EL2",
        AT_EL2,
        STATE,
        "Every core asleep: compare MPIDR_EL1's affinity fields only (bit 31 is always set), and"
        " CurrentEL with its field in place: EL2 reads as 8, not 2. Still running: in _start it is a"
        " wipe of .bss without an end (task 3), in uart_putc() the wrong flag (task 4), in low"
        " memory an exception before there are vectors, as by a bad SP (task 2).",
    ),
    sign(
        "2.state",
        4,
        "C runs with control registers and stack as they must be",
        (re.escape(STATE), BSS_REFUSED, reached("lab01.2")),
        STATE,
        "SP must be stack_top of the linker script before the first call, with SPSel = 1; a stack"
        " that is set after a `bl` has lost what that call saved. Do not trust reset values: write"
        " each control register, with its RES1 bits.",
    ),
    Check(
        "lab01.4.banner",
        3,
        "The first thing sent is the banner",
        test=banner_stands_alone,
        wanted=BANNER,
        needs="lab01.2.state",
        hint="If there is silence: wait while the transmit FIFO has no room (TXFF in UARTFR is 1);"
        " TXFE, the wrong flag, is 1 while nothing is to be sent. Write the byte alone to UARTDR.",
    ),
    Check(
        "lab01.4.crlf",
        3,
        "Each line ends with carriage return and line feed",
        test=lines_end_with_crlf,
        wanted="one carriage return before each line feed",
        needs="lab01.4.banner",
        hint="console_putc() sends '\\r' before '\\n', and nothing else twice.",
    ),
    Check(
        "lab01.4.setup",
        3,
        "The UART is on, with FIFOs, 115200 baud, 8N1 and no interrupts",
        line="[uart] control 0x301, line control 0x70, divisor 13 + 1/64, interrupts 0x0",
        hint="UARTCR has UARTEN, TXE and RXE; UARTLCR_H has WLEN_8 and FEN; UARTIBRD is UART_DIVISOR"
        " / 64, UARTFBRD the rest; UARTIMSC lets no interrupt through. QEMU sends without.",
    ),
    Check(
        "lab01.4.getc",
        2,
        "With no byte received, uart_getc() says so",
        line="[uart] a byte received: none",
        hint="RXFE in UARTFR is set while the receive FIFO is empty; RXFF is another bit.",
    ),
    Check(
        "lab01.5.aligned",
        2,
        "The vector table is 2 KiB aligned",
        line="[vectors] VBAR_EL2 is the table, 2 KiB aligned: yes",
        hint="Bits 10 to 0 of VBAR_EL2 are RES0: .balign 0x800 in front of hyp_vectors, and nothing"
        " between. QEMU takes any address; other cores jump to another one.",
    ),
    sign(
        "5.vectors",
        3,
        "A BRK arrives in the vector table",
        (r"\[exception\] slot .*", reached("lab01.5")),
        SLOT_4,
        "The table is 2 KiB aligned, each slot 0x80 bytes: code that is longer than 32"
        " instructions shifts all slots behind it. VBAR_EL2 needs an ISB to be in effect.",
    ),
    Check(
        "lab01.6.slot",
        2,
        "It is taken through slot 4",
        line=SLOT_4,
        section="task-5",
        hint="Each slot passes its own number: 4 is the current EL with SP_ELx, synchronous. If another"
        " one answers, slots are not 0x80 bytes: .balign 0x80, and 32 instructions at most.",
    ),
    Check(
        "lab01.6.brk",
        2,
        "The BRK is reported by name, with its number",
        line=BRK,
        hint="The class is bits 31 to 26 of ESR_EL2 (not of ESR_EL1), the ISS is bits 24 to 0. If the"
        " numbers are senseless, look at what is stored at FRAME_ESR.",
    ),
    Check(
        "lab01.6.masked",
        2,
        "The interrupted state is EL2h with D, A, I and F masked",
        pattern=r"\[exception\] ELR 0x[0-9a-f]+ SPSR 0x[0-9a-f]*3c9 FAR 0x[0-9a-f]+",
        wanted="[exception] ELR {hex} SPSR 0x...3c9 FAR {hex}",
        hint="DAIFSet takes a mask of four bits, D included; SPSel = 1 makes it EL2h (9), not"
        " EL2t (8). If the frame is wrong, look at what is stored at FRAME_SPSR.",
    ),
    Check(
        "lab01.6.once",
        2,
        "The BRK is taken once",
        line=BRK,
        anywhere=True,
        once=True,
        wanted="one report of the BRK",
        needs="lab01.6.brk",
        hint="ELR_EL2 of a BRK is the BRK itself: without adding 4 to the frame's ELR it is taken"
        " again, for ever.",
    ),
    Check(
        "lab01.6.stepped_over",
        2,
        "The program goes on at the instruction behind the BRK",
        line="[test] BRK: gone on at the next instruction: yes",
        hint="Only a BRK is stepped over, by one instruction: 4 bytes, not 8. Back in vectors.S the"
        " frame's ELR goes into ELR_EL2, SP to where it was, and the way out is ERET.",
    ),
    Check(
        "lab01.6.registers",
        3,
        "All registers and SP survive the BRK",
        pattern=r"\[test\] BRK: 0 of 32 registers changed, .*",
        wanted="[test] BRK: 0 of 32 registers changed",
        hint="x18, x29 and x30 are the ones most often left out; x0 and x1 are changed before they"
        " are saved; the frame is left with the SP it was made with.",
    ),
    Check(
        "lab01.6.pstate",
        2,
        "So does PSTATE",
        pattern=r"\[test\] BRK: .*, bits of PSTATE: 0x0",
        wanted="[test] BRK: ..., bits of PSTATE: 0x0",
        anywhere=True,
        hint="ERET takes PSTATE from SPSR_EL2, and an exception inside the handler overwrites that: it"
        " must be written from the frame, as ELR_EL2 must.",
    ),
    Check(
        "lab01.6.reads_on",
        1,
        "Nothing else happens before the next test",
        line="[test] reading 0xb000000, where the machine has nothing",
        hint="An exception that nobody asked for is reported above: its ELR says where.",
    ),
    Check(
        "lab01.6.abort",
        3,
        "Reading where nothing is, is reported as a data abort",
        line=f"{SLOT_4}\n[exception] EC 0x25 data abort from the same EL, ISS {{hex}}",
        hint="Report before you decide: slot and class come first, for every exception.",
    ),
    Check(
        "lab01.6.far",
        2,
        "The report names the address that was read",
        line="[exception] ELR {hex} SPSR {hex} FAR 0xb000000",
        hint="FAR_EL2 holds the address: read and save it before anything can fault again.",
    ),
    Check(
        "lab01.6.stops",
        2,
        "An abort stops the machine with a panic",
        line=PANIC,
        hint="Only a BRK may return from exception_handle(); the rest ends in panic().",
    ),
    Check(
        "lab01.6.off",
        2,
        "Nothing follows the panic, and the machine is off",
        test=ends_with_the_panic,
        wanted="the panic as the last line, then power-off",
        needs="lab01.6.stops",
        hint="panic() powers the machine off; a fault inside the report would start another one.",
    ),
    Check(
        "lab01.2.segments",
        3,
        "No segment is writable and executable, and guard pages lie between them",
        test=segments_are_apart,
        wanted="page-aligned segments, R-X, R-- or RW-, a page or more apart",
        needs="lab01.2.state",
        hint="Sections of your own need an entry in the linker script; keep to .text, .rodata,"
        " .data and .bss.",
    ),
    Check(
        "lab01.1.one_core",
        4,
        "Of 17 cores in two clusters one continues",
        test=seen_once(*AT_EL2),
        wanted=f"{STATE}, once",
        boot=TWO_CLUSTERS,
        hint="All cores enter at _start: those with an affinity other than 0, in any of its four"
        " fields, go to park() before they use the stack, .bss or the UART.",
    ),
    Check(
        "lab01.1.parked",
        2,
        "The parked cores do not disturb it",
        test=seen_once(*LAST),
        wanted=f"{PANIC}, once",
        needs="lab01.6.stops",
        boot=TWO_CLUSTERS,
        hint="A parked core stays in its loop: WFI returns at any interrupt, so it needs the branch"
        " back.",
    ),
    Check(
        "lab01.1.refuses_el1",
        4,
        "Entered at EL1, it refuses in one line",
        line="[boot] refused: entered at EL1, but this is a hypervisor and needs EL2"
        " (-M virt,virtualization=on)",
        once=True,
        boot=AT_EL1,
        hint="Test CurrentEL before the first access to an EL2 register: at EL1 that is undefined,"
        " and there is no vector table yet.",
    ),
    Check(
        "lab01.1.refuses_el3",
        1,
        "Entered at EL3, it refuses too",
        line="[boot] refused: entered at EL3, but this is a hypervisor and needs EL2"
        " (-M virt,virtualization=on)",
        boot=AT_EL3,
        hint="A core continues at EL2 alone: compare CurrentEL for equality.",
    ),
    Check(
        "lab01.1.refuses_quietly",
        1,
        "Entered at EL1, it says nothing else",
        pattern=r"(?!\[boot\] refused).+",
        forbidden=True,
        wanted="no other line",
        needs="lab01.1.refuses_el1",
        boot=AT_EL1,
        hint="refuse() does not come back: branch to it, do not call it.",
    ),
    Check(
        "lab01.2.junk",
        4,
        "Control registers are written, whatever an earlier program left in them",
        pattern="|".join((re.escape(STATE), BSS_REFUSED, reached("lab01.2"))),
        wanted=STATE,
        anywhere=True,
        needs="lab01.2.state",
        boot=JUNK,
        hint="Each register of the handout's table is written as a whole, also where the value is 0:"
        " do not trust reset values, and do not read, change and write back.",
    ),
    sign(
        "3.wiped",
        4,
        "A .bss that held something is zero when C starts",
        (re.escape(STATE), reached("lab01.3")),
        STATE,
        "From bss_start (not data_start) to bss_end, the end excluded. Usual: the last 8 or 16 bytes left out,"
        " a comparison of signed numbers, or the wipe after the call of hyp_main().",
        JUNK,
        "lab01.2.junk",
    ),
    sign(
        "3.goes_on",
        2,
        "Wiping .bss takes nothing away that is needed",
        (r"\[panic\] unexpected exception in EL2: data abort.*", reached("lab01.3")),
        PANIC,
        "The wipe must not go past bss_end, and must not undo what was put into .bss before.",
        JUNK,
        needs="lab01.6.stops",
    ),
    Check(
        "lab01.3.exactly",
        4,
        ".bss is wiped to its last byte, and nothing behind it",
        test=machine.bss_is_wiped_exactly,
        machine=True,
        wanted="zeros from bss_start to bss_end, and the stack untouched",
        hint="The loop ends when the address is bss_end: not a step earlier, not a step later. Both ends are page-aligned, so steps of 16 bytes fit.",
        needs="lab01.3.wiped",
        boot=JUNK,
    ),
    Check(
        "lab01.3.registers",
        2,
        "Control registers, PSTATE and SP are what the handout asks for",
        test=machine.control_registers,
        machine=True,
        boot=JUNK,
        needs="lab01.3.wiped",
        wanted="each register of the table of task 2, when hyp_main() begins",
        hint="Write every row of the table, whatever the register seems to be at reset; the fields are in sysreg.h.",
        section="task-2",
    ),
    Check(
        "lab01.5.vbar",
        1,
        "VBAR_EL2 holds the table, which is aligned to 2 KiB",
        test=machine.vectors_are_installed,
        machine=True,
        wanted="VBAR_EL2 = hyp_vectors",
        hint=".balign 0x800 in the section of the table; write its address to VBAR_EL2, then ISB.",
    ),
    in_order(
        "lab01.2.barriers",
        2,
        "The control registers are in effect when they are relied on",
        "MSR HCR_EL2; ISB; the other control registers, optional_controls(); ISB",
        "HCR_EL2 gets an ISB of its own, because its bits E2H and TGE decide what the others mean; one more ISB ends the block.",
    ),
    in_order(
        "lab01.5.in_effect",
        1,
        "The vector table is in effect when exception_init() returns",
        "MSR VBAR_EL2; ISB",
        "A write of a system register is sure to be in effect only behind a context synchronization event: an ISB.",
    ),
    Check(
        "lab01.6.speculation",
        1,
        "The core does not speculate past the ERET",
        test=eret_is_fenced,
        wanted="ERET; DSB NSH; ISB",
        hint="Behind the ERET stand `dsb nsh` and `isb` (or `sb`), which are never executed.",
        needs="lab01.6.stepped_over",
    ),
    probed(
        "lab01.4.order",
        2,
        "The UART is off while it is set up, and then as it must be",
        "BUSY is 0; UARTCR off; UARTLCR_H without FEN; divisors, UARTLCR_H, UARTIMSC, UARTICR; UARTCR on",
        "The UART may be in use when uart_init() begins. UARTLCR_H is written after both divisors, which"
        " take effect only then; UARTIMSC is written though it seems to be 0; UARTICR clears all.",
        needs="lab01.2.state",
    ),
    probed(
        "lab01.4.off",
        1,
        "A UART that is off is not waited for",
        "an end, whatever UARTFR says while UARTEN is 0",
        "A UART that is off sends nothing, so it may stay busy for ever: look at UARTEN in UARTCR first.",
        needs="lab01.2.state",
    ),
    probed(
        "lab01.4.slow",
        2,
        "Each byte waits until there is room, and is sent once",
        "UARTDR written with the byte alone, while TXFF is 0",
        "A real UART takes 87 us for a byte: uart_putc() reads UARTFR until TXFF is 0, before each byte.",
        needs="lab01.2.state",
    ),
    probed(
        "lab01.4.byte",
        1,
        "A received byte comes without its error flags",
        "0 to 255",
        "Bits 11 to 8 of UARTDR are error flags: UARTDR_DATA masks them off.",
        needs="lab01.2.state",
    ),
    probed(
        "lab01.5.frame",
        2,
        "Each slot fills a whole frame, on an aligned stack",
        "x0 to x30, ELR, SPSR, ESR, FAR and the slot where exception.h says; x0 = SP, a multiple of 16",
        "No register is free until it is saved; x18, x29 and x30 are the ones most often left out. SP is"
        " lowered by FRAME_SIZE, and by nothing else.",
        needs="lab01.5.vectors",
    ),
    probed(
        "lab01.5.restores",
        2,
        "All that the handler leaves in the frame is restored",
        "x0 to x30, PC and PSTATE as in the frame, SP where it was",
        "The handler may change any field. So ELR_EL2, SPSR_EL2 and all 31 registers come from the frame,"
        " also those that a C function preserves; the scratch registers last.",
        needs="lab01.5.vectors",
    ),
    probed(
        "lab01.5.full_stack",
        2,
        "With no room for it, each slot takes the emergency stack",
        "stack_check behind the SUB of SP, before anything is stored, in all 16 slots",
        "stack_check comes directly behind the instruction that lowers SP: a store before it hits the"
        " guard page, faults, and begins the slot again for ever.",
        needs="lab01.5.vectors",
    ),
    probed(
        "lab01.6.report",
        1,
        "A report has all digits of each value",
        "the three lines of the handout, for any frame",
        "The fields of the frame are 64 bits: %lx. EC is bits 31 to 26 and the ISS bits 24 to 0 of ESR,"
        " whose bits from 32 on may be set.",
        needs="lab01.5.vectors",
    ),
    probed(
        "lab01.6.steps",
        1,
        "A BRK of any other number is stepped over",
        "ELR in the frame 4 higher, and nothing else changed",
        "Which BRK it is, is in ISS bits 15 to 0: brk_is_compiler_trap() says which numbers are a compiler's.",
        needs="lab01.5.vectors",
    ),
    probed(
        "lab01.6.nothing_else",
        1,
        "But nothing else, nor a BRK that a compiler planted",
        "panic(), for each other class",
        "A compiler plants `brk #1000` and the like where the program must not go: ask"
        " brk_is_compiler_trap() before you step over one.",
        needs="lab01.5.vectors",
    ),
]
