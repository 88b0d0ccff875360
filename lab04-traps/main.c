// SPDX-License-Identifier: MIT
/* Stage 4: run guests and handle their traps. One VM after the other, each to its end. */
#include "el2_mmu.h"
#include "exception.h"
#include "guest_load.h"
#include "no_gic.h"
#include "panic.h"
#include "say.h"
#include "selftest.h"
#include "stage2.h"
#include "todo.h"
#include "traps.h"
#include "uart.h"

/* Run until it stops. Return by how much EL2's stack pointer varied between exits. */
static uint64_t run(struct vcpu *vcpu)
{
	uint64_t lowest = ~UINT64_C(0), highest = 0;
	enum trap_result result;

	vcpu_start(vcpu);
	entry_check(vcpu);
	checkpoint("enter");
	do {
		result = trap_handle(vcpu, guest_enter(vcpu));
		lowest = MIN(lowest, vcpu->hyp_sp);
		if (vcpu->hyp_sp > highest)
			highest = vcpu->hyp_sp;
	} while (result != TRAP_STOP);
	return highest - lowest;
}

_Noreturn void hyp_main(void)
{
	struct vcpu *vcpu;
	uint64_t moved = 0;

	uart_init();
	exception_init();
	say("boot", "Schism Labs, stage 4: guests and their traps\n");
	el2_mmu_init();
	el2_mmu_enable();
	s2_init();

	selftest_begin();
	task("lab04.1");
	selftest_vectors();
	task("lab04.2");
	selftest_world_switch();
	task("lab04.3");
	no_gic();
	guest_config();
	selftest_entry();
	task("lab04.4");
	selftest_dispatch();
	task("lab04.5");
	selftest_hypercalls();
	task("lab04.6");
	selftest_guest_memory();
	selftest_end();

	task("lab04.7");
	for (uint64_t i = 0; i < guest_image_count; i++)
		guest_load(&guest_images[i]);
	vcpu = vcpu_ring();
	do {
		vcpu = vcpu->next;
		moved += run(vcpu);
	} while (vcpu != vcpu_ring());
	say("test", "EL2's stack moved by %lu bytes between exits\n", moved);
	say("boot", "stage 4 is complete: power off\n");
	power_off();
}
