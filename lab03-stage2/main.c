// SPDX-License-Identifier: MIT
/* Stage 3: an address space for every VM. */
#include "el2_mmu.h"
#include "exception.h"
#include "panic.h"
#include "printf.h"
#include "selftest.h"
#include "stage2.h"
#include "uart.h"
#include "vm.h"

_Noreturn void hyp_main(void)
{
	struct vm *red, *blue;

	uart_init();
	exception_init();
	printf("[boot] Schism Labs, stage 3: stage-2 translation\n");
	el2_mmu_init();
	el2_mmu_enable();

	s2_init();
	red = vm_create("red");
	blue = vm_create("blue");
	if (!red || !blue)
		panic("vm_create() made no VM");
	printf("[vm] %s: VMID %u, %s: VMID %u, %u bits of IPA\n", red->name,
	       red->s2.vmid, blue->name, blue->s2.vmid, s2_ipa_bits());
	pt_print(&red->s2);
	pt_print(&blue->s2);
	selftest_disjoint();

	s2_activate(&red->s2);
	checkpoint("stage2-red");
	selftest_address_translation(red, blue);
	s2_activate(&blue->s2);
	checkpoint("stage2-blue");
	selftest_address_translation(blue, red);
	selftest_touch(blue);
	selftest_vmid_reuse();
	power_off();
}
