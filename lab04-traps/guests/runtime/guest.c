// SPDX-License-Identifier: MIT
#include "guest.h"

#include "esr.h"
#include "mmio.h"
#include "pl011.h"
#include "guest_layout.h"
#include "smccc.h"

void console_putc(char c)
{
	mmio_write32(VUART_IPA + UARTDR, (unsigned char)c);
}

void guest_off(void)
{
	for (;;)
		hvc(HVC_SMCCC, PSCI_SYSTEM_OFF);
}

__attribute__((weak))
void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	printf("unexpected exception, slot %lu, EC 0x%02x, at 0x%lx\n", slot,
	       esr_ec(esr), *elr);
	guest_off();
}
