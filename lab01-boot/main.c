// SPDX-License-Identifier: MIT
/* Stage 1: from reset to a C program that handles its own exceptions. */
#include "boot_check.h"
#include "early.h"
#include "exception.h"
#include "mmio.h"
#include "panic.h"
#include "platform.h"
#include "say.h"
#include "selftest.h"
#include "sysreg.h"
#include "uart.h"

extern const char stack_top[];

_Noreturn void hyp_main(void)
{
	/* _start should have called boot_check(), but students edit it. */
	boot_check_state((uint64_t)stack_top);
	if (selftest_bss() != 0) {
		early_say("boot", "refused: ", ".bss is not zero");
		power_off();
	}
	if (!selftest_data()) {
		early_say("boot", "refused: ", ".data was wiped");
		power_off();
	}
	early_say("boot", "control registers, stack and .bss ",
		  "are as they must be");
	checkpoint("boot");
	uart_init();
	say("boot", "Schism Labs, stage 1: a program at EL%lu\n",
	    FIELD_GET(CURRENTEL_EL, read_sysreg(CurrentEL)));
	selftest_uart();
	say("uart", "a byte received: %s\n", uart_getc() < 0 ? "none" : "yes");

	exception_init();
	say("vectors", "VBAR_EL2 is the table, 2 KiB aligned: %s\n",
	    IS_ALIGNED(read_sysreg(vbar_el2), 2048) ? "yes" : "no");
	checkpoint("vectors");
	selftest_brk();
	say("test", "reading 0x%lx, where the machine has nothing\n",
	    MEMORY_MAP_HOLE);
	mmio_read32(MEMORY_MAP_HOLE);
	panic("the read did not fault");
}
