// SPDX-License-Identifier: MIT
/* Stage 1: from reset to a C program that survives its own faults. */
#include "early.h"
#include "exception.h"
#include "mmio.h"
#include "panic.h"
#include "platform.h"
#include "printf.h"
#include "selftest.h"
#include "sysreg.h"
#include "uart.h"

_Noreturn void hyp_main(void)
{
	if (selftest_bss() != 0) {
		early_puts("\r\n[boot] refused: .bss is not zero\r\n");
		power_off();
	}
	if (!selftest_data()) {
		early_puts("\r\n[boot] refused: .data was wiped\r\n");
		power_off();
	}
	early_puts("[boot] control registers, stack and .bss are as they must be\r\n");
	checkpoint("boot");
	uart_init();
	printf("[boot] Schism Labs, stage 1: a program at EL%lu\n",
	       FIELD_GET(CURRENTEL_EL, read_sysreg(CurrentEL)));
	selftest_uart();
	printf("[uart] a byte received: %s\n", uart_getc() < 0 ? "none" : "yes");

	exception_init();
	printf("[vectors] VBAR_EL2 is the table, 2 KiB aligned: %s\n",
	       IS_ALIGNED(read_sysreg(vbar_el2), 2048) ? "yes" : "no");
	checkpoint("vectors");
	selftest_brk();
	printf("[test] reading 0x%lx, where the machine has nothing\n",
	       MEMORY_MAP_HOLE);
	mmio_read32(MEMORY_MAP_HOLE);
	panic("the machine answered where it has nothing");
}
