// SPDX-License-Identifier: MIT
/* The guest's console: EL2 emulates a PL011; each access traps. */
#include "hvc.h"
#include "mmio.h"
#include "os.h"
#include "pl011.h"
#include "smccc.h"

void console_init(void)
{
	mmio_write32(VUART_IPA + UARTCR, 0);
	mmio_write32(VUART_IPA + UARTLCR_H, UARTLCR_H_WLEN_8 | UARTLCR_H_FEN);
	mmio_write32(VUART_IPA + UARTCR, UARTCR_UARTEN | UARTCR_TXE);
}

void console_putc(char c)
{
	/* HOLE(lab06.1): Wait for room, then send. */
	while (mmio_read32(VUART_IPA + UARTFR) & UARTFR_TXFF)
		;
	mmio_write32(VUART_IPA + UARTDR, (unsigned char)c);
	/* END(lab06.1) */
}

void os_off(void)
{
	/* HOLE(lab06.1): PSCI SYSTEM_OFF. */
	for (;;)
		hvc(HVC_SMCCC, PSCI_SYSTEM_OFF);
	/* END(lab06.1) */
}
