// SPDX-License-Identifier: MIT
/* The PL011 UART: EL2's console. Arm DDI 0183, chapter 3. */
#include "uart.h"

#include "mmio.h"
#include "pl011.h"
#include "platform.h"
#include "printf.h"

static uint32_t uart_read(uint64_t reg)
{
	return mmio_read32(UART_BASE + reg);
}

static void uart_write(uint64_t reg, uint32_t value)
{
	mmio_write32(UART_BASE + reg, value);
}

void uart_init(void)
{
	/* HOLE(lab01.4): Set the PL011 up: 115200 baud, 8N1, FIFOs on, no interrupts. */
	/*
	 * Disable the UART before changing it (DDI 0183, "Control Register,
	 * UARTCR"). Before that, wait until the FIFO is empty, but only if the
	 * UART is enabled: a disabled one never sends and stays busy.
	 */
	if (uart_read(UARTCR) & UARTCR_UARTEN)
		while (uart_read(UARTFR) & UARTFR_BUSY)
			;
	uart_write(UARTCR, 0);
	uart_write(UARTLCR_H, 0);	/* FIFOs off: empties them */

	uart_write(UARTIMSC, 0);
	uart_write(UARTICR, UARTICR_ALL);

	/* In this order: the divisors take effect when UARTLCR_H is written. */
	uart_write(UARTIBRD, UART_DIVISOR / 64);
	uart_write(UARTFBRD, UART_DIVISOR % 64);
	uart_write(UARTLCR_H, UARTLCR_H_WLEN_8 | UARTLCR_H_FEN);
	uart_write(UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
	/* END(lab01.4) */
}

void uart_putc(char c)
{
	/* HOLE(lab01.4): Wait for room in the transmit FIFO, then send `c`. */
	while (uart_read(UARTFR) & UARTFR_TXFF)
		;
	uart_write(UARTDR, (unsigned char)c);
	/* END(lab01.4) */
}

int uart_getc(void)
{
	/* HOLE(lab01.4): Read one byte from the receive FIFO, if there is one. */
	if (uart_read(UARTFR) & UARTFR_RXFE)
		return -1;
	return uart_read(UARTDR) & UARTDR_DATA;
	/* END(lab01.4) */
}

void console_putc(char c)
{
	/* HOLE(lab01.4): Send a carriage return before each line feed. */
	if (c == '\n')
		uart_putc('\r');
	uart_putc(c);
	/* END(lab01.4) */
}
