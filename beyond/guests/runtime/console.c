// SPDX-License-Identifier: MIT
/* The PL011 as the firmware or hypervisor left it: on the machine it needs no set-up to send. */
#include "mmio.h"
#include "pl011.h"
#include "platform.h"
#include "printf.h"

/* A broken flag register must not stop the guest: after this many reads it sends anyway. */
#define PATIENCE	100000

void console_putc(char c)
{
	for (unsigned int n = 0; n < PATIENCE; n++)
		if (!(mmio_read32(UART_BASE + UARTFR) & UARTFR_TXFF))
			break;
	mmio_write32(UART_BASE + UARTDR, (unsigned char)c);
}
