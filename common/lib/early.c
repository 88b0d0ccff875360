// SPDX-License-Identifier: MIT
#include "early.h"

#include "mmio.h"
#include "platform.h"
#include "say.h"

void early_puts(const char *s)
{
	for (; *s; s++)
		mmio_write32(UART_BASE, *s);
}

void early_say(const char *tag, const char *head, const char *tail)
{
	early_puts("[");
	early_puts(tag);
	early_puts(nonce_text());
	early_puts("] ");
	early_puts(head);
	early_puts(tail);
	early_puts("\r\n");
}
