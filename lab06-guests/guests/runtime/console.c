// SPDX-License-Identifier: MIT
/* The guest's console: EL2 emulates a PL011; each access traps. */
#include "hvc.h"
#include "mmio.h"
#include "os.h"
#include "pl011.h"
#include "smccc.h"
#include "todo.h"

void console_init(void)
{
	mmio_write32(VUART_IPA + UARTCR, 0);
	mmio_write32(VUART_IPA + UARTLCR_H, UARTLCR_H_WLEN_8 | UARTLCR_H_FEN);
	mmio_write32(VUART_IPA + UARTCR, UARTCR_UARTEN | UARTCR_TXE);
}

void console_putc(char c)
{
	/* TODO(lab06.1): Wait for room, then send. */
	todo("lab06.1", "console_putc() in lab06-guests/guests/runtime/console.c, read lab06-guests/README.md#task-1");
	/* END(lab06.1) */
}

void os_off(void)
{
	/* TODO(lab06.1): PSCI SYSTEM_OFF. */
	todo("lab06.1", "os_off() in lab06-guests/guests/runtime/console.c, read lab06-guests/README.md#task-1");
	/* END(lab06.1) */
}
