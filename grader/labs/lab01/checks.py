# SPDX-License-Identifier: MIT
"""Lab 1: from reset to a C program that survives its own faults.

In the order of the transcript. The first boot is the usual one; then come 17 cores, a machine
that enters at EL1, one at EL3, and one with junk in .bss and in registers. The effect of the
first tasks shows only later; until then the open hole of a later task shows that they are done.
"""

from __future__ import annotations

import re

from ..boot_checks import lines_end_with_crlf, reached, segments_are_apart
from ..check import Boot, Check
from ..execution_order import eret_is_fenced, executed_in_order
from ..probe_checks import probed
from . import machine, probes
from .rules import (
    BANNER, STATE, banner_stands_alone, ends_with_the_panic, goes_on_as_usual, seen_once,
)  # fmt: skip

PANIC = "[panic] unexpected exception in EL2: data abort from the same EL at {hex}"
BRK = "[exception] EC 0x3c BRK64, ISS 0x0000010"
SLOT_4 = "[exception] slot 4: current EL with SP_ELx, synchronous"

# boot_check.c refuses at EL2: the boot CPU got that far.
STATE_REFUSED = r"\[boot\] refused: (?!entered at).*"
BSS_REFUSED = r"\[boot\] refused: \.(?:bss|data) .*"

# One more than a cluster has: the last one has Aff1 = 1, and Aff0 = 0 like the boot CPU.
TWO_CLUSTERS = Boot(smp=17)
AT_EL1 = Boot(level=1)
AT_EL3 = Boot(level=3)
JUNK = Boot(junk=True)

PROBES = probes.PROBES


def _shown_by(
    name: str,
    points: int,
    title: str,
    patterns: tuple[str, ...],
    wanted: str,
    hint: str,
    boot: Boot = Boot(),
    needs: str = "",
) -> Check:
    """Any of several lines shows that a task is done."""
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

CHECKS = [
    _shown_by(
        "1.el2",
        4,
        "The boot CPU continues at EL2",
        AT_EL2,
        STATE,
        "If every core sleeps: compare only the affinity fields of MPIDR_EL1 (bit 31 is always"
        " set), and CurrentEL with its field in place: EL2 reads as 8, not 2. If the stage still"
        " runs: in _start the wipe of .bss does not end (task 3), in uart_putc() the flag is wrong"
        " (task 4), in low memory there was an exception before the vectors were installed, often"
        " from a bad SP (task 2).",
    ),
    _shown_by(
        "2.state",
        4,
        "C runs with the right control registers and stack",
        (re.escape(STATE), BSS_REFUSED, reached("lab01.2")),
        STATE,
        "SP must be stack_top of the linker script before the first call, with SPSel = 1; if you"
        " set it after a `bl`, what that call saved is lost. Do not trust reset values: write each"
        " control register, with its RES1 bits.",
    ),
    Check(
        "lab01.4.banner",
        3,
        "The first thing sent is the banner",
        test=banner_stands_alone,
        wanted=BANNER,
        needs="lab01.2.state",
        hint="If nothing is printed: wait while the transmit FIFO is full (TXFF in UARTFR is 1);"
             " TXFE is the wrong flag, it is 1 while the FIFO is empty. Write only the byte to"
             " UARTDR.",
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
        hint="UARTCR has UARTEN, TXE and RXE; UARTLCR_H has WLEN_8 and FEN; UARTIBRD is"
             " UART_DIVISOR / 64, UARTFBRD the rest; UARTIMSC masks all interrupts. QEMU sends even"
             " without this setup.",
    ),
    Check(
        "lab01.4.getc",
        2,
        "Without a received byte uart_getc() returns -1",
        line="[uart] a byte received: none",
        hint="RXFE in UARTFR is set while the receive FIFO is empty; RXFF is another bit.",
    ),
    Check(
        "lab01.5.aligned",
        2,
        "The vector table is 2 KiB aligned",
        line="[vectors] VBAR_EL2 is the table, 2 KiB aligned: yes",
        hint="Bits 10 to 0 of VBAR_EL2 are RES0: put .balign 0x800 directly before hyp_vectors."
             " QEMU takes any address; a real core clears these bits.",
    ),
    _shown_by(
        "5.vectors",
        3,
        "A BRK arrives at the vector table",
        (r"\[exception\] slot .*", reached("lab01.5")),
        SLOT_4,
        "The table is 2 KiB aligned, each slot 0x80 bytes: more than 32 instructions shift all"
        " later slots. VBAR_EL2 needs an ISB to take effect.",
    ),
    Check(
        "lab01.6.slot",
        2,
        "The BRK is taken through slot 4",
        line=SLOT_4,
        section="task-5",
        hint="Each slot passes its own number: 4 is the current EL with SP_ELx, synchronous. If"
             " another slot is reported, slots are not 0x80 bytes: .balign 0x80, and at most 32"
             " instructions.",
    ),
    Check(
        "lab01.6.brk",
        2,
        "The BRK is reported by name, with its number",
        line=BRK,
        hint="The class is bits 31 to 26 of ESR_EL2 (not of ESR_EL1), the ISS is bits 24 to 0. If"
             " the numbers make no sense, check what is stored at FRAME_ESR.",
    ),
    Check(
        "lab01.6.masked",
        2,
        "The interrupted state is EL2h with D, A, I and F masked",
        pattern=r"\[exception\] ELR 0x[0-9a-f]+ SPSR 0x[0-9a-f]*3c9 FAR 0x[0-9a-f]+",
        wanted="[exception] ELR {hex} SPSR 0x...3c9 FAR {hex}",
        hint="DAIFSet takes a mask of four bits, D included; SPSel = 1 makes it EL2h (9), not"
        " EL2t (8). If the frame is wrong, check what is stored at FRAME_SPSR.",
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
        hint="ELR_EL2 of a BRK is the address of the BRK: add 4 to the frame's ELR, or it is taken"
             " again and again.",
    ),
    Check(
        "lab01.6.stepped_over",
        2,
        "The program continues at the instruction after the BRK",
        line="[test] BRK: resumed at the next instruction: yes",
        hint="Skip only a BRK, by one instruction: 4 bytes, not 8. Back in vectors.S write the"
             " frame's ELR to ELR_EL2, restore SP, and return with ERET.",
    ),
    Check(
        "lab01.6.registers",
        3,
        "All registers and SP survive the BRK",
        pattern=r"\[test\] BRK: registers changed: none, .*",
        wanted="[test] BRK: registers changed: none",
        hint="x18, x29 and x30 are often left out, and x0 and x1 are often changed before they are"
             " saved. Raise SP by as much as the frame lowered it.",
    ),
    Check(
        "lab01.6.pstate",
        2,
        "PSTATE survives the BRK",
        pattern=r"\[test\] BRK: .*, bits of PSTATE: 0x0",
        wanted="[test] BRK: ..., bits of PSTATE: 0x0",
        anywhere=True,
        hint="ERET takes PSTATE from SPSR_EL2, which an exception inside the handler overwrites:"
             " write both SPSR_EL2 and ELR_EL2 from the frame.",
    ),
    Check(
        "lab01.6.reads_on",
        1,
        "Nothing else happens before the next test",
        line="[test] reading 0xb000000, where the machine has nothing",
        hint="An unexpected exception is reported above: its ELR shows where.",
    ),
    Check(
        "lab01.6.abort",
        3,
        "A read from an address without a device is reported as a data abort",
        line=f"{SLOT_4}\n[exception] EC 0x25 data abort from the same EL, ISS {{hex}}",
        hint="Print the report first, with slot and class, for every exception; then decide.",
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
        hint="exception_handle() may return only from a BRK; everything else ends in panic().",
    ),
    Check(
        "lab01.6.off",
        2,
        "Nothing follows the panic, and the machine is off",
        test=ends_with_the_panic,
        wanted="the panic as the last line, then power-off",
        needs="lab01.6.stops",
        hint="panic() powers the machine off. A fault inside the report would start another"
             " report.",
    ),
    Check(
        "lab01.2.segments",
        3,
        "No segment is writable and executable, and guard pages separate them",
        test=segments_are_apart,
        wanted="page-aligned segments, R-X, R-- or RW-, at least a page apart",
        needs="lab01.2.state",
        hint="Sections of your own need an entry in the linker script; keep to .text, .rodata,"
        " .data and .bss.",
    ),
    Check(
        "lab01.1.one_core",
        4,
        "Only one of 17 cores in two clusters continues",
        test=seen_once(*AT_EL2),
        wanted=f"{STATE}, once",
        boot=TWO_CLUSTERS,
        hint="All cores enter at _start. Those with an affinity other than 0, in any of its four"
             " fields, must branch to park() before they use the stack, .bss or the UART.",
    ),
    Check(
        "lab01.1.parked",
        2,
        "The parked cores do not disturb the boot CPU",
        test=goes_on_as_usual,
        wanted="the transcript of a machine with one core",
        needs="lab01.1.one_core",
        boot=TWO_CLUSTERS,
        hint="A parked core must stay in its loop: WFI ends at any interrupt, so branch back to"
             " it.",
    ),
    Check(
        "lab01.1.refuses_el1",
        4,
        "A stage that is entered at EL1 refuses in one line",
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
        "A stage that is entered at EL3 refuses too",
        line="[boot] refused: entered at EL3, but this is a hypervisor and needs EL2"
        " (-M virt,virtualization=on)",
        boot=AT_EL3,
        hint="A core continues only at EL2: compare CurrentEL for equality.",
    ),
    Check(
        "lab01.1.refuses_quietly",
        1,
        "A stage that is entered at EL1 prints nothing else",
        pattern=r"(?!\[boot\] refused).+",
        forbidden=True,
        wanted="no other line",
        needs="lab01.1.refuses_el1",
        boot=AT_EL1,
        hint="refuse() does not return: branch to it, do not call it.",
    ),
    Check(
        "lab01.2.junk",
        4,
        "Control registers are written, regardless of their values at entry",
        pattern="|".join((re.escape(STATE), BSS_REFUSED, reached("lab01.2"))),
        wanted=STATE,
        anywhere=True,
        needs="lab01.2.state",
        boot=JUNK,
        hint="Write all bits of each register in the handout's table, also where the value is 0. Do"
             " not trust reset values, and do not read, change and write back.",
    ),
    _shown_by(
        "3.wiped",
        4,
        "A .bss full of junk is zero when C starts",
        (re.escape(STATE), reached("lab01.3")),
        STATE,
        "Wipe from bss_start (not data_start) to bss_end, excluding the end. Usual mistakes: the"
        " last 8 or 16 bytes are left out, a signed comparison, or a wipe after the call of"
        " hyp_main().",
        JUNK,
        "lab01.2.junk",
    ),
    Check(
        "lab01.3.goes_on",
        2,
        "The wipe of .bss destroys nothing else",
        test=goes_on_as_usual,
        wanted="the transcript of a machine without junk",
        hint="The wipe must not go past bss_end, and must come before anything is stored in .bss.",
        boot=JUNK,
        needs="lab01.3.wiped",
    ),
    Check(
        "lab01.3.exactly",
        4,
        ".bss is wiped to its last byte, and nothing after it",
        test=machine.bss_is_wiped_exactly,
        machine=True,
        wanted="zeros from bss_start to bss_end, and the stack untouched",
        hint="The loop ends when the address is bss_end, not one step earlier or later. Both ends"
             " are page-aligned, so steps of 16 bytes fit.",
        needs="lab01.3.wiped",
        boot=JUNK,
    ),
    Check(
        "lab01.3.registers",
        2,
        "Control registers, PSTATE and SP are as in the handout",
        test=machine.control_registers,
        machine=True,
        boot=JUNK,
        needs="lab01.3.wiped",
        wanted="each register of the table in task 2, when hyp_main() begins",
        hint="Write every row of the table, even if the register already seems right at reset; the"
             " fields are in sysreg.h.",
        section="task-2",
    ),
    Check(
        "lab01.5.vbar",
        1,
        "VBAR_EL2 holds the table, which is aligned to 2 KiB",
        test=machine.vectors_are_installed,
        machine=True,
        wanted="VBAR_EL2 = hyp_vectors",
        hint="Put .balign 0x800 before the table; write its address to VBAR_EL2, then ISB.",
    ),
    executed_in_order(
        "lab01.2.barriers",
        2,
        "The control registers are in effect before anything relies on them",
        "MSR HCR_EL2; ISB; the other control registers, optional_controls(); ISB",
        "HCR_EL2 needs its own ISB, because its bits E2H and TGE decide what the others mean."
        " Another ISB ends the block.",
    ),
    executed_in_order(
        "lab01.5.in_effect",
        1,
        "The vector table is in effect when exception_init() returns",
        "MSR VBAR_EL2; ISB",
        "A write to a system register is guaranteed to be in effect only after a context"
        " synchronization event: an ISB.",
    ),
    Check(
        "lab01.6.speculation",
        1,
        "The core does not speculate past the ERET",
        test=eret_is_fenced,
        wanted="ERET; DSB NSH; ISB",
        hint="Put `dsb nsh` and `isb` (or `sb`) after the ERET. They are never executed.",
        needs="lab01.6.stepped_over",
    ),
    probed(
        "lab01.4.order",
        2,
        "The UART is switched off, set up, and switched on again",
        "BUSY is 0; UARTCR off; UARTLCR_H without FEN; divisors, UARTLCR_H, UARTIMSC, UARTICR;"
        " UARTCR on",
        "The UART may be in use when uart_init() begins. Write UARTLCR_H after both divisors, which"
        " take effect only then. Write UARTIMSC even if it seems to be 0. Clear all interrupts in"
        " UARTICR.",
        needs="lab01.2.state",
    ),
    probed(
        "lab01.4.off",
        1,
        "Set-up does not wait for a UART that is off",
        "it returns for any UARTFR while UARTEN is 0",
        "A UART that is off sends nothing, so it may stay busy forever: check UARTEN in UARTCR"
        " first.",
        needs="lab01.2.state",
    ),
    probed(
        "lab01.4.slow",
        2,
        "Each byte waits until there is room, and is sent once",
        "only the byte is written to UARTDR, while TXFF is 0",
        "A real UART takes 87 us for a byte: read UARTFR until TXFF is 0, before each byte.",
        needs="lab01.2.state",
    ),
    probed(
        "lab01.4.byte",
        1,
        "A received byte is returned without its error flags",
        "0 to 255",
        "Bits 11 to 8 of UARTDR are error flags: UARTDR_DATA masks them off.",
        needs="lab01.2.state",
    ),
    probed(
        "lab01.5.frame",
        2,
        "Each slot fills a whole frame, on an aligned stack",
        "x0 to x30, ELR, SPSR, ESR, FAR and the slot as in exception.h; x0 = SP, a multiple of 16",
        "No register is free until it is saved; x18, x29 and x30 are often left out. Lower SP by"
        " FRAME_SIZE exactly.",
        needs="lab01.5.vectors",
    ),
    probed(
        "lab01.5.restores",
        2,
        "All registers are restored from the frame",
        "x0 to x30, PC and PSTATE as in the frame, SP as before",
        "The handler may change any field: load ELR_EL2, SPSR_EL2 and all 31 registers from the"
        " frame, also those that a C function preserves; your scratch registers last.",
        needs="lab01.5.vectors",
    ),
    probed(
        "lab01.5.full_stack",
        2,
        "With no room for a frame, each slot uses the emergency stack",
        "stack_check after the SUB of SP, before any store, in all 16 slots",
        "Put stack_check directly after the instruction that lowers SP: a store before it hits the"
        " guard page, faults, and enters the slot again and again.",
        needs="lab01.5.vectors",
    ),
    probed(
        "lab01.6.report",
        1,
        "A report shows all digits of each value",
        "the three lines of the handout, for any frame",
        "The fields of the frame have 64 bits: %lx. EC is bits 31 to 26 and the ISS bits 24 to 0 of"
        " ESR; bits above 31 may be set.",
        needs="lab01.5.vectors",
    ),
    probed(
        "lab01.6.steps",
        1,
        "A BRK with a number that compilers do not use is skipped",
        "ELR in the frame 4 higher, and nothing else changed",
        "ISS bits 15 to 0 hold the number of the BRK: brk_is_compiler_trap() is true for a"
        " compiler's.",
        needs="lab01.5.vectors",
    ),
    probed(
        "lab01.6.nothing_else",
        1,
        "No other exception is skipped, and no BRK of a compiler",
        "panic(), for each other class",
        "A compiler puts `brk #1000` and others where the program must not go: call"
        " brk_is_compiler_trap() before you skip one.",
        needs="lab01.5.vectors",
    ),
]
