// SPDX-License-Identifier: MIT
/* Stage 3: an address space for each VM. */
#include "el2_mmu.h"
#include "exception.h"
#include "panic.h"
#include "say.h"
#include "selftest.h"
#include "stage2.h"
#include "todo.h"
#include "uart.h"
#include "vm.h"

_Noreturn void hyp_main(void)
{
	struct vm *red, *blue;

	uart_init();
	exception_init();
	say("boot", "Schism Labs, stage 3: stage-2 translation\n");
	el2_mmu_init();
	el2_mmu_enable();

	task("lab03.1");
	s2_init();
	selftest_control();
	task("lab03.2");
	selftest_descriptors();

	task("lab03.3");
	red = vm_create("red");
	blue = vm_create("blue");
	if (!red || !blue)
		panic("vm_create() made no VM");
	say("vm", "%s: VMID %u, %s: VMID %u, %u bits of IPA\n", red->name,
	    red->s2.vmid, blue->name, blue->s2.vmid, s2_ipa_bits());
	pt_print(&red->s2);
	pt_print(&blue->s2);
	selftest_view(red);
	selftest_view(blue);

	task("lab03.4");
	selftest_unmap(red);
	selftest_disjoint();

	task("lab03.5");
	s2_activate(&red->s2);
	checkpoint("stage2-red");
	selftest_active(red);
	selftest_address_translation(red, blue);
	s2_activate(&blue->s2);
	checkpoint("stage2-blue");
	selftest_active(blue);
	selftest_address_translation(blue, red);
	selftest_touch(blue);
	selftest_vmid_reuse();
	say("boot", "stage 3 is complete: power off\n");
	power_off();
}
