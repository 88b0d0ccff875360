// SPDX-License-Identifier: MIT
/* Beyond the labs: several systems on several cores. */
#include "build.h"
#include "bundle.h"
#include "calls.h"
#include "clock.h"
#include "core.h"
#include "el2_mmu.h"
#include "exception.h"
#include "frames.h"
#include "gic.h"
#include "panic.h"
#include "ptimer.h"
#include "registers.h"
#include "say.h"
#include "sched.h"
#include "terminal.h"
#include "uart.h"
#include "vgic.h"

_Noreturn void hyp_main(void)
{
	struct machine_description machine;

	uart_init();
	exception_init();
	say("boot", "Schism Labs, beyond the labs: many systems, many cores\n");

	el2_mmu_init();		/* labs 1 and 2: EL2 itself */
	el2_mmu_enable();
	core_init();		/* cores/ */
	gic_init();
	core_setup();
	vgic_init();		/* interrupts/ */
	ptimer_init();
	registers_init();	/* calls/ */
	calls_init();
	sched_init();
	bundle_open(&machine);	/* systems/, memory/ */
	terminal_init();	/* devices/ */
	clock_init();
	core_start_all(machine.cores);
	say("boot", "%u cores, %lu MiB of memory free\n", core_count,
	    frames_count_free() >> 8);
	checkpoint("ready");

	if (build_all())
		core_run_all();
	checkpoint("end");
	sched_report(0);
	say("boot", "every VM has ended: power off\n");
	power_off();
}
