/* SPDX-License-Identifier: MIT */
/*
 * PL011 registers: offset and fields. Arm DDI 0183, "PrimeCell UART (PL011)
 * Technical Reference Manual", chapter 3. For EL2's driver, for the virtual
 * UART, and for the guests' drivers.
 */
#ifndef PL011_H
#define PL011_H

#include "bits.h"

#define UARTDR		0x000	/* data */
#define UARTDR_DATA	0xff
#define UARTFR		0x018	/* flags, read-only */
#define UARTFR_TXFE	BIT(7)	/* transmit FIFO empty */
#define UARTFR_RXFF	BIT(6)	/* receive FIFO full */
#define UARTFR_TXFF	BIT(5)	/* transmit FIFO full */
#define UARTFR_RXFE	BIT(4)	/* receive FIFO empty */
#define UARTFR_BUSY	BIT(3)	/* still sending */
#define UARTIBRD	0x024	/* baud rate divisor, integer part */
#define UARTFBRD	0x028	/* and 64ths */
#define UARTLCR_H	0x02c	/* line control */
#define UARTLCR_H_WLEN_8 (3 << 5)	/* 8 data bits */
#define UARTLCR_H_FEN	BIT(4)		/* FIFOs on */
#define UARTCR		0x030	/* control */
#define UARTCR_RXE	BIT(9)	/* receive */
#define UARTCR_TXE	BIT(8)	/* transmit */
#define UARTCR_UARTEN	BIT(0)	/* on */
#define UARTIFLS	0x034	/* FIFO levels */
#define UARTIMSC	0x038	/* interrupt mask: 1 lets it through */
#define UARTRIS		0x03c	/* raw interrupt status */
#define UARTMIS		0x040	/* masked interrupt status */
#define UARTICR		0x044	/* interrupt clear */
#define UARTICR_ALL	0x7ff
/* The same bits in UARTIMSC, UARTRIS, UARTMIS and UARTICR. */
#define UARTINT_OE	BIT(10)	/* overrun */
#define UARTINT_RT	BIT(6)	/* receive timeout */
#define UARTINT_TX	BIT(5)	/* room in the transmit FIFO */
#define UARTINT_RX	BIT(4)	/* received */
#define UARTPERIPHID0	0xfe0	/* identification, 4 registers of one byte */
#define UARTPCELLID0	0xff0	/* and 4 more */

#endif
