// SPDX-License-Identifier: MIT
/* The PL011 UART: EL2's console. Arm DDI 0183, chapter 3. */
#include "uart.h"

#include "mmio.h"
#include "pl011.h"
#include "platform.h"
#include "printf.h"
#include "todo.h"

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
	/* TODO(lab01.4): Set the PL011 up: 115200 baud, 8N1, FIFOs on, no interrupts. */
	todo("lab01.4", "uart_init() in lab01-boot/uart.c, read lab01-boot/README.md#task-4");
	/* END(lab01.4) */
}

void uart_putc(char c)
{
	/* TODO(lab01.4): Wait for room in the transmit FIFO, then send `c`. */
	todo("lab01.4", "uart_putc() in lab01-boot/uart.c, read lab01-boot/README.md#task-4");
	/* END(lab01.4) */
}

int uart_getc(void)
{
	/* TODO(lab01.4): Read one byte from the receive FIFO, if there is one. */
	todo("lab01.4", "uart_getc() in lab01-boot/uart.c, read lab01-boot/README.md#task-4");
	/* END(lab01.4) */
}

void console_putc(char c)
{
	/* TODO(lab01.4): Send a carriage return before each line feed. */
	todo("lab01.4", "console_putc() in lab01-boot/uart.c, read lab01-boot/README.md#task-4");
	/* END(lab01.4) */
}
