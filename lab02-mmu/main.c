// SPDX-License-Identifier: MIT
/* Stage 2: EL2 behind its own MMU, every page with the least permissions. */
#include "el2_mmu.h"
#include "exception.h"
#include "panic.h"
#include "printf.h"
#include "selftest.h"
#include "uart.h"

_Noreturn void hyp_main(void)
{
	uart_init();
	exception_init();
	printf("[boot] Schism Labs, stage 2: EL2 stage-1 translation\n");

	el2_mmu_init();
	pt_print(el2_pgtable());
	el2_mmu_enable();
	checkpoint("mmu");
	printf("[mmu] on: %u bits of VA, %u bits of PA\n", HYP_VA_BITS,
	       cpu_pa_bits());

	selftest_protection();
	selftest_address_translation();
	selftest_refusals();
	selftest_blocks();
	selftest_remap();
	power_off();
}
