/* SPDX-License-Identifier: MIT */
/* EL2's console: the machine's PL011, polled. */
#ifndef UART_H
#define UART_H

#include "platform.h"

#define UART_BAUD	115200
/* The divisor, clock / (16 * baud), in 64ths and rounded: UARTIBRD:UARTFBRD. */
#define UART_DIVISOR	((UART_CLOCK_HZ * 4 + UART_BAUD / 2) / UART_BAUD)

/* Set the UART up: 115200 baud, 8 data bits, no parity, 1 stop bit, FIFOs on. */
void uart_init(void);

/* Send one byte unchanged. Waits until there is room for it. */
void uart_putc(char c);

/* Return one received byte, 0 to 255, or -1 if there is none. Never waits. */
int uart_getc(void);

#endif
