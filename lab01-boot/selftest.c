// SPDX-License-Identifier: MIT
#include "selftest.h"

#include "mmio.h"
#include "pl011.h"
#include "platform.h"
#include "register_list.h"
#include "say.h"

uint64_t selftest_bss(void)
{
	extern const volatile char bss_start[], bss_end[];
	uint64_t dirty = 0;

	for (const volatile char *p = bss_start; p < bss_end; p++)
		dirty += *p != 0;
	return dirty;
}

int selftest_data(void)
{
	static volatile uint64_t linked = 0xda7a;

	return linked == 0xda7a;
}

void selftest_uart(void)
{
	say("uart", "control 0x%x, line control 0x%x, divisor %u + %u/64, interrupts 0x%x\n",
	    mmio_read32(UART_BASE + UARTCR),
	    mmio_read32(UART_BASE + UARTLCR_H),
	    mmio_read32(UART_BASE + UARTIBRD),
	    mmio_read32(UART_BASE + UARTFBRD),
	    mmio_read32(UART_BASE + UARTIMSC));
}

void selftest_brk(void)
{
	struct brk_trip trip = { 0 };
	char names[REGISTER_LIST_SIZE];

	selftest_brk_trip(&trip);
	say("test", "BRK: resumed at the next instruction: %s\n",
	    trip.skipped ? "no" : "yes");
	say("test", "BRK: registers changed: %s, bits of PSTATE: 0x%lx\n",
	    register_list(names, trip.changed), trip.pstate);
}
