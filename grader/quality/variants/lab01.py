# SPDX-License-Identifier: MIT
"""Variants of lab 1."""

from __future__ import annotations

from . import Edit, Variant

BOOT = "lab01-boot/boot.S"
UART = "lab01-boot/uart.c"
EXCEPTION = "lab01-boot/exception.c"
VECTORS = "lab01-boot/vectors.S"

WIPE = """\
0:	cmp	x0, x1
	b.hs	1f
	stp	xzr, xzr, [x0], #16	/* both ends are page-aligned */
	b	0b
1:
"""
ADDRESSES = """\
	adrp	x0, bss_start
	add	x0, x0, :lo12:bss_start
	adrp	x1, bss_end
	add	x1, x1, :lo12:bss_end
"""
WIPE_IN_C = """\
#include <stdint.h>
extern volatile uint64_t bss_start[], bss_end[];
void wipe_bss(void);
void wipe_bss(void)
{
	for (volatile uint64_t *p = bss_start; p < bss_end; p++)
		*p = 0;
}
"""
PAIRS = [f"\tstp\tx{n}, x{n + 1}, [sp, #FRAME_X({n})]\n" for n in range(2, 30, 2)]

VARIANTS = [
    Variant(1, "bss wiped in C", (Edit(BOOT, ADDRESSES + WIPE, "\tbl\twipe_bss\n"),),
            (("lab01-boot/wipe.c", WIPE_IN_C),)),
    Variant(1, "bss wiped by bytes", (
        Edit(BOOT, "\tstp\txzr, xzr, [x0], #16	/* both ends are page-aligned */\n",
             "\tstrb\twzr, [x0], #1\n"),)),
    Variant(1, "a barrier after every control register", (
        Edit(BOOT, "\tmsr\tmdcr_el2, x0\n", "\tmsr\tmdcr_el2, x0\n\tisb\n"),
        Edit(BOOT, "\tmsr\tvttbr_el2, xzr\n", "\tmsr\tvttbr_el2, xzr\n\tdsb\tsy\n\tisb\n"))),
    Variant(1, "one helper that waits for a flag of the UART", (
        Edit(UART, "static void uart_write(", "static void wait_while(uint32_t flag)\n{\n"
             "\twhile (uart_read(UARTFR) & flag)\n\t\t;\n}\n\nstatic void uart_write("),
        Edit(UART, "\twhile (uart_read(UARTFR) & UARTFR_TXFF)\n\t\t;\n\tuart_write(UARTDR",
             "\twait_while(UARTFR_TXFF);\n\tuart_write(UARTDR"))),
    Variant(1, "each byte waits until all before it are out", (
        Edit(UART, "\twhile (uart_read(UARTFR) & UARTFR_TXFF)\n",
             "\twhile (uart_read(UARTFR) & UARTFR_BUSY)\n"),)),
    Variant(1, "the UART switched off only if it is on, interrupts last", (
        Edit(UART,
             "\t\twhile (uart_read(UARTFR) & UARTFR_BUSY)\n\t\t\t;\n\tuart_write(UARTCR, 0);\n",
             "\t{\n\t\twhile (uart_read(UARTFR) & UARTFR_BUSY)\n\t\t\t;\n\t\tuart_write(UARTCR,"
             " 0);\n\t}\n"),
        Edit(UART, "\tuart_write(UARTIMSC, 0);\n\tuart_write(UARTICR, UARTICR_ALL);\n\n", ""),
        Edit(UART, "\tuart_write(UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);\n",
             "\tuart_write(UARTIMSC, 0);\n\tuart_write(UARTICR, UARTICR_ALL);\n"
             "\tuart_write(UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);\n"))),
    Variant(1, "divisors as numbers, the control register in steps", (
        Edit(UART, "UART_DIVISOR / 64", "UART_DIVISOR >> 6"),
        Edit(UART, "UART_DIVISOR % 64", "UART_DIVISOR & 63"),
        Edit(UART, "\tuart_write(UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);\n",
             "\tuart_write(UARTCR, UARTCR_TXE | UARTCR_RXE);\n"
             "\tuart_write(UARTCR, uart_read(UARTCR) | UARTCR_UARTEN);\n"))),
    Variant(1, "prints of the student's own", (
        Edit(EXCEPTION, "\tunsigned int ec = esr_ec(frame->esr);\n\n",
             "\tunsigned int ec = esr_ec(frame->esr);\n\n"
             '\tprintf("debug: in report(), frame %p\\n", (const void *)frame);\n'),)),
    Variant(1, "the frame filled from its end", (
        Edit(VECTORS, "".join(PAIRS), "".join(reversed(PAIRS))),)),
    Variant(1, "SB after the ERET", (
        Edit(VECTORS, "\tdsb\tnsh\t\t\t/* no speculation past the ERET */\n\tisb\n",
             "\t.inst\t0xd50330ff\t\t/* sb */\n"),)),
    Variant(1, "the report by a switch, the frame by its own pointer", (
        Edit(EXCEPTION, "\tif (esr_ec(frame->esr) == EC_BRK64 &&\n"
             "\t    !brk_is_compiler_trap(FIELD_GET(ISS_IMM16, frame->esr))) {\n"
             "\t\tframe->elr += 4;\n\t\treturn;\n\t}\n",
             "\tswitch (esr_ec(frame->esr)) {\n\tcase EC_BRK64:\n"
             "\t\tif (brk_is_compiler_trap(FIELD_GET(ISS_IMM16, frame->esr)))\n\t\t\tbreak;\n"
             "\t\tframe->elr = frame->elr +"
             " sizeof(uint32_t);\n\t\treturn;\n\tdefault:\n\t\tbreak;\n\t}\n"),)),
]
