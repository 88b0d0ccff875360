// SPDX-License-Identifier: MIT
/* Stage 6: two operating systems, and the whole machine. */
#include "context.h"
#include "el2_mmu.h"
#include "exception.h"
#include "gic.h"
#include "machine.h"
#include "panic.h"
#include "report.h"
#include "say.h"
#include "sched.h"
#include "stage2.h"
#include "todo.h"
#include "uart.h"
#include "vgic.h"

_Noreturn void hyp_main(void)
{
	uart_init();
	exception_init();
	say("boot", "Schism Labs, stage 6: two operating systems on one core\n");

	el2_mmu_init();		/* lab 2: EL2's own memory */
	el2_mmu_enable();
	s2_init();		/* lab 3: the VMs' memory */
	guest_config();		/* lab 4: what traps */
	context_config();	/* lab 5: what moves, and when */
	gic_init();
	vgic_init();
	sched_init();
	checkpoint("ready");

	machine_load();
	sched_run();
	checkpoint("end");

	task("lab06.5");
	guest_shared_dump();
	exit_report();
	sched_report(0);
	task("lab06.6");
	machine_end();
	checkpoint("over");
	say("boot", "every VM has stopped: power off\n");
	power_off();
}
