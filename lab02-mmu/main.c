// SPDX-License-Identifier: MIT
/* Stage 2: EL2 with its MMU on, each page with minimal permissions. */
#include "el2_mmu.h"
#include "exception.h"
#include "panic.h"
#include "say.h"
#include "selftest.h"
#include "todo.h"
#include "uart.h"

_Noreturn void hyp_main(void)
{
	uart_init();
	exception_init();
	say("boot", "Schism Labs, stage 2: EL2 stage-1 translation\n");

	task("lab02.1");
	el2_translation_control();
	selftest_control();
	task("lab02.2");
	selftest_descriptors();
	task("lab02.3");
	selftest_tables();

	task("lab02.4");
	el2_mmu_init();
	pt_print(el2_pgtable());
	task("lab02.5");
	el2_mmu_enable();
	checkpoint("mmu");
	say("mmu", "on: %u bits of VA, %u bits of PA\n", HYP_VA_BITS,
	    cpu_pa_bits());
	selftest_enabled();
	selftest_protection();
	selftest_address_translation();

	task("lab02.6");
	selftest_live();
	selftest_remap();
	say("boot", "stage 2 is complete: power off\n");
	power_off();
}
