// SPDX-License-Identifier: MIT
#include "early.h"

#include "mmio.h"
#include "platform.h"

void early_puts(const char *s)
{
	for (; *s; s++)
		mmio_write32(UART_BASE, *s);
}
