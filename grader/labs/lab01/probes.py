# SPDX-License-Identifier: MIT
"""Probes of lab 1's functions: the driver with a slow UART, and each slot of vectors.S."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ...qemu.inferior_call import Lost, Over, Prober, Registers
from ...qemu.pl011 import (
    CR, FBRD, FEN, IBRD, ICR, IMSC, LCR_H, NAMES, RXE, TXE, UARTEN, WLEN_8, Pl011, play,
)  # fmt: skip
from ..probe import Probe

# UART_DIVISOR of uart.h for 115200 baud, in 64ths.
DIVISOR = 24_000_000 * 4 / 115_200
SET_UP = {CR: UARTEN | TXE | RXE, LCR_H: WLEN_8 | FEN, IMSC: 0}
ALL_INTERRUPTS = 0x7FF


def in_use() -> Pl011:
    """A UART as an earlier program left it: on, and still sending."""
    return Pl011({CR: UARTEN | TXE | RXE, LCR_H: WLEN_8 | FEN, IBRD: 3, FBRD: 63, IMSC: 0x50},
                 busy=3)


def _uart_set_up(prober: Prober) -> str:
    """uart_init(): off before any change, divisors in effect, no interrupts, on at the end."""
    uart = in_use()
    play(prober, uart, "uart_init")
    if uart.faults:
        return uart.faults[0]
    for register, value in SET_UP.items():
        if uart.registers[register] != value:
            return (
                f"{NAMES[register]} is 0x{uart.registers[register]:x} at the end, not 0x{value:x}")
    whole, rest = divmod(round(DIVISOR), 64)
    if uart.divisor != (whole, rest):
        seen = "{} + {}/64".format(*uart.divisor)
        return (
            f"the divisor in effect is {seen}, not {whole} + {rest}/64: write UARTLCR_H after both")
    if not uart.emptied:
        return "the FIFOs are never off while the UART is off: they keep their contents"
    left = ALL_INTERRUPTS & ~uart.cleared
    return f"interrupts 0x{left:x} are not cleared: {NAMES[ICR]}" if left else ""


def _uart_off(prober: Prober) -> str:
    """uart_init() for a UART that is off and therefore stays busy."""
    uart = Pl011({CR: TXE | RXE}, busy=1)
    play(prober, uart, "uart_init")
    return uart.faults[0] if uart.faults else ""


def _uart_waits(prober: Prober) -> str:
    """uart_putc() and console_putc() send each byte once and unchanged to a slow UART.

    Another check tests for a carriage return before each line feed.
    """
    junk = 0xA5A5_A5A5_A5A5_A500
    for function, byte, wanted in (
        ("uart_putc", 0x41, [0x41]),
        ("uart_putc", 0xE9, [0xE9]),
        ("uart_putc", 0x0A, [0x0A]),
        ("console_putc", 0x41, [0x41]),
        ("console_putc", 0x0A, [0x0D, 0x0A]),
        ("console_putc", 0x0D, [0x0D]),
    ):
        if function not in prober.names:  # uart_putc() is part of console_putc() then
            continue
        uart = Pl011(dict(SET_UP), busy=3, slow=3)
        play(prober, uart, function, junk | byte)
        if uart.faults:
            return f"{function}(0x{byte:x}): {uart.faults[0]}"
        if uart.sent not in (wanted, wanted[-1:]):
            return f"{function}(0x{byte:x}) sends {_in_hex(uart.sent)}, not {_in_hex(wanted)}"
    return ""


def _in_hex(values: list[int]) -> str:
    return " ".join(f"0x{value:x}" for value in values) or "nothing"


def _uart_receives(prober: Prober) -> str:
    """uart_getc(): a byte without its error flags, or -1."""
    cases: list[tuple[list[int], int]] = [([0x41], 0x41), ([0xFF], 0xFF), ([0xF61], 0x61),
                                          ([0x00], 0), ([], -1)]
    for received, wanted in cases:
        uart = Pl011(dict(SET_UP), received=list(received))
        found = play(prober, uart, "uart_getc") & 0xFFFF_FFFF
        if found != wanted & 0xFFFF_FFFF:
            seen = f"0x{received[0]:x} in UARTDR" if received else "nothing received"
            return (f"with {seen} uart_getc() returns"
                    f" {found if found < 0x8000_0000 else found - (1 << 32)}")
    return ""


# struct exception_frame of exception.h: x0 to x30, ELR, SPSR, ESR, FAR, slot.
FRAME_WORDS, FRAME_SIZE = 36, 288
FIELDS = [*(f"x{n}" for n in range(31)), "ELR", "SPSR", "ESR", "FAR", "slot"]
TAKEN = {"ELR_EL2": 0x4000_1230, "SPSR_EL2": 0x6000_03C9, "ESR_EL2": 0xF200_0042,
         "FAR_EL2": 0xFEED_F00C}
DEEP = 512  # bytes of stack in use when an exception arrives
FILL = b"\xc3"


def pattern(kind: int, n: int) -> int:
    return kind << 48 | n << 40 | 0x11 * (n + 1)


def _slots(prober: Prober) -> Iterator[tuple[int, int]]:
    """Each slot of the table with its address."""
    (vbar,) = prober.system("VBAR_EL2")
    return ((slot, vbar + 0x80 * slot) for slot in range(16))


def enter(prober: Prober, address: int, sp: int) -> Registers:
    """Take an exception with a pattern in all registers; stop at the call of exception_handle()."""
    prober.set_system(**TAKEN)
    x = {f"x{n}": pattern(0x5A, n) for n in range(31)}
    prober.set_registers(prober.home.at(address, sp=sp, **x))
    with prober.stops(prober.address("exception_handle")):
        return prober.go()


def _frame_fault(prober: Prober, now: Registers, slot: int) -> str:
    """What is wrong with the frame that exception_handle() gets."""
    if now.sp % 16:
        return f"SP is 0x{now.sp:x} when exception_handle() is called: not a multiple of 16"
    if now.x[0] != now.sp:
        return f"exception_handle() gets 0x{now.x[0]:x}, but SP is 0x{now.sp:x}"
    found = prober.words(now.sp, FRAME_WORDS)
    wanted = [*(pattern(0x5A, n) for n in range(31)), *TAKEN.values(), slot]
    for name, seen, value in zip(FIELDS, found, wanted):
        if seen != value:
            return f"{name} in the frame is 0x{seen:x}, not 0x{value:x}"
    return ""


def _every_slot_saves(prober: Prober) -> str:
    """Each slot fills the frame, keeps SP aligned, and writes nothing above SP."""
    sp = prober.address("stack_top") - DEEP
    prober.write(sp, FILL * DEEP)
    for slot, address in _slots(prober):
        now = enter(prober, address, sp)
        fault = _frame_fault(prober, now, slot)
        if not fault and prober.read(sp, DEEP) != FILL * DEEP:
            fault = "it writes above SP, to variables of the interrupted code"
        if fault:
            return f"slot {slot}: {fault}"
    return ""


# Replaces exception_handle(): MSR ELR_EL2, XZR; MSR SPSR_EL2, X9; RET, with junk in the registers
# that a C function need not preserve.
HANDLER = (0xD51C_403F, 0xD51C_4009, 0xD65F_03C0)
RETURN_TO = 0x6000_03C9  # SPSR: Z, C; EL2h with all masked


def _every_slot_restores(prober: Prober) -> str:
    """All values that the handler left in the frame are restored, and SP is as before."""
    sp = prober.address("stack_top") - DEEP
    for slot, address in _slots(prober):
        now = enter(prober, address, sp)
        x = [pattern(0xC3, n) for n in range(31)]
        prober.write_words(now.x[0], *x, prober.landing, RETURN_TO, 0, 0, slot)
        prober.write(prober.more_code, struct.pack("<3I", *HANDLER))
        junk = {f"x{n}": pattern(0xEE, n) for n in range(19)}
        prober.set_registers(now.at(prober.more_code, **junk))
        back = prober.go()
        if back.sp != sp:
            return f"slot {slot}: SP is 0x{back.sp:x} after the ERET, not 0x{sp:x}"
        for n, (seen, wanted) in enumerate(zip(back.x, x)):
            if seen != wanted:
                return (f"slot {slot}: x{n} is 0x{seen:x} after the ERET, but 0x{wanted:x} in the"
                        " frame")
        if back.pstate != RETURN_TO:
            return (f"slot {slot}: PSTATE is 0x{back.pstate:x} after the ERET, but 0x{RETURN_TO:x}"
                    " in the frame")
    return ""


def _full_stack_is_noticed(prober: Prober) -> str:
    """With no room for a frame, each slot moves to the emergency stack before any store."""
    bottom = prober.address("stack_bottom")
    low, high = prober.address("emergency_stack_bottom"), prober.address("emergency_stack_top")
    prober.write(bottom - 2 * FRAME_SIZE, FILL * 3 * FRAME_SIZE)
    cases = [(0, slot, address) for slot, address in _slots(prober)]
    cases += [(room, *cases[4][1:]) for room in (16, FRAME_SIZE - 16)]
    for room, slot, address in cases:
        now = enter(prober, address, bottom + room)
        fault = _frame_fault(prober, now, slot)
        if not low <= now.sp <= high - FRAME_SIZE:
            fault = f"the frame is at 0x{now.sp:x}: stack_check must move SP to the emergency stack"
        elif prober.read(bottom - 2 * FRAME_SIZE,
                         2 * FRAME_SIZE + room) != FILL * (2 * FRAME_SIZE + room):
            fault = "something is stored below the stack before stack_check"
        if fault:
            return f"slot {slot}, with {room} bytes left on the stack: {fault}"
    return ""


# In the lower half of the stack, which no call reaches.
CHARACTERS_AT, FRAME_AT = 0, 4096 + 512
EC_BRK = 0x3C
BREAKPOINTS = (0, 0x10, 2, 999, 1001, 0x3E9, 0x54FF, 0x5600, 0xFFFF)
COMPILERS = (1, 1000, 0x5500, 0x5512, 0x55FF)  # brk_is_compiler_trap()
OTHERS = (0x00, 0x01, 0x07, 0x0E, 0x15, 0x16, 0x17, 0x18, 0x21, 0x22, 0x25, 0x26, 0x2F, 0x30, 0x32,
          0x34, 0x38, 0x3D)
FAR_AWAY, PSTATE, ADDRESS = 0xFEDC_BA98_7654_3210, 0x1_A000_03C9, 0xFFFF_8000_0BAD_CAFE


def esr(ec: int, iss: int) -> int:
    return ec << 26 | 1 << 25 | iss


def frame(prober: Prober, syndrome: int, slot: int = 4) -> int:
    """The address of a frame with this syndrome."""
    at = prober.in_stack(FRAME_AT)
    x = [pattern(0x5A, n) for n in range(31)]
    prober.write_words(at, *x, FAR_AWAY, PSTATE, syndrome, ADDRESS, slot)
    return at


def _breakpoints_are_skipped(prober: Prober) -> str:
    """exception_handle() returns from a BRK, with ELR after it and nothing else changed."""
    prober.keep_characters(prober.in_stack(CHARACTERS_AT))
    for number in BREAKPOINTS:
        at = frame(prober, esr(EC_BRK, number))
        before = prober.words(at, FRAME_WORDS)
        try:
            prober.call("exception_handle", at)
        except Lost as lost:
            return f"brk #{number}: {lost}"
        for name, seen, old in zip(FIELDS, prober.words(at, FRAME_WORDS), before):
            wanted = old + 4 if name == "ELR" else old
            if seen != wanted:
                return (f"brk #{number}: {name} in the frame is 0x{seen:x} afterwards, not"
                        f" 0x{wanted:x}")
    return ""


def _nothing_else_returns(prober: Prober) -> str:
    """For all other classes, and for a compiler's BRK, exception_handle() ends in panic()."""
    causes = [(f"brk #{number}, a compiler's", esr(EC_BRK, number)) for number in COMPILERS]
    causes += [(f"an exception of class 0x{ec:02x}", esr(ec, 0x10)) for ec in OTHERS]
    for what, syndrome in causes:
        try:
            prober.call("exception_handle", frame(prober, syndrome))
        except Over:
            continue
        return f"exception_handle() returns from {what}"
    return ""


SLOTS = {0: "current EL with SP_EL0, synchronous", 7: "current EL with SP_ELx, SError",
         9: "lower EL in AArch64, IRQ"}
REPORTS = (
    (0, esr(EC_BRK, 0x10), "EC 0x3c BRK64, ISS 0x0000010"),
    (7, 0x1F_BFFF_FFFF, "EC 0x2f SError, ISS 0x1ffffff"),
    (9, 0x0003_FFFF, "EC 0x00 unknown reason, ISS 0x003ffff"),
)


def _report_is_exact(prober: Prober) -> str:
    """The three lines, with all digits of each value."""
    buffer = prober.in_stack(CHARACTERS_AT)
    prober.keep_characters(buffer)
    for slot, syndrome, words in REPORTS:
        at = frame(prober, syndrome, slot=slot)
        try:
            prober.call("exception_handle", at)
        except Over:
            pass
        lines = iter(prober.printed(buffer).splitlines())
        for wanted in (
            f"[exception] slot {slot}: {SLOTS[slot]}",
            f"[exception] {words}",
            f"[exception] ELR 0x{FAR_AWAY:x} SPSR 0x{PSTATE:x} FAR 0x{ADDRESS:x}",
        ):
            if wanted not in lines:
                return f"for slot {slot} and ESR 0x{syndrome:x} this line is missing: {wanted}"
    return ""


BOOT, VECTORS = "checkpoint boot", "checkpoint vectors"

PROBES = (
    Probe("lab01.4.order", BOOT, _uart_set_up),
    Probe("lab01.4.off", BOOT, _uart_off),
    Probe("lab01.4.slow", BOOT, _uart_waits),
    Probe("lab01.4.byte", BOOT, _uart_receives),
    Probe("lab01.5.frame", VECTORS, _every_slot_saves),
    Probe("lab01.5.restores", VECTORS, _every_slot_restores),
    Probe("lab01.5.full_stack", VECTORS, _full_stack_is_noticed),
    Probe("lab01.6.report", VECTORS, _report_is_exact),
    Probe("lab01.6.steps", VECTORS, _breakpoints_are_skipped),
    Probe("lab01.6.nothing_else", VECTORS, _nothing_else_returns),
)
