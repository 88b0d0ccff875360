# SPDX-License-Identifier: MIT
"""A submission of lab 6 that plays its guests and reports by heart.

Its guests start as task 1 says. memwalk_os has no MMU, and counter_os takes an interrupt only where
it sleeps. No line of a report is read from anywhere. What can be written as a constant, a heap or a
mailbox, is there in memory.
"""

from __future__ import annotations

from pathlib import Path

from grader.core.kit import KIT
from grader.labs import tables
from grader.tests.support.cheats import MOST, graded, passed

START = """
#include "asm.h"
	.section .text.guest_start, "ax"
	.globl	guest_start
guest_start:
	adrp	x0, guest_stack_top
	add	x0, x0, :lo12:guest_stack_top
	mov	sp, x0
	adrp	x0, os_vectors
	add	x0, x0, :lo12:os_vectors
	msr	vbar_el1, x0
	isb
	bl	console_init
	bl	os_main
"""

CONSOLE = """
#include "hvc.h"
#include "mmio.h"
#include "os.h"
#include "pl011.h"
#include "smccc.h"

void console_init(void) { }
void console_putc(char c) { mmio_write32(VUART_IPA + UARTDR, (unsigned char)c); }
void os_off(void)
{
	for (;;)
		hvc(HVC_SMCCC, PSCI_SYSTEM_OFF);
}

/* A record with everything by heart, its time too. */
void tell(uint32_t task, const char *name, uint64_t sequence, uint64_t work, uint64_t ns)
{
	struct task_report record = { 1, task, sequence, work, ns, "" };

	for (int i = 0; name[i]; i++)
		record.name[i] = name[i];
	hvc(HVC_TASK_REPORT, &record);
}
"""

LOG = """
#include "os.h"
int guest_log_value(const char *key, uint64_t value) { (void)key; (void)value; return 0; }
int64_t guest_task_report(uint32_t task, const char *name, uint64_t sequence, uint64_t work)
{
	(void)task; (void)name; (void)sequence; (void)work;
	return 0;
}
"""

# The end of both guests: their mailbox as it would be.
BOX = """
	*(struct mailbox *)MAILBOX_ADDR(GUEST_SLOT) = (struct mailbox){ MAILBOX_MAGIC, 9, { 0 }, {
		{ "el", 1 }, { "sp", SLOT_ADDR(GUEST_SLOT) + 0x6f50 }, { "heap", WORK_ADDR(GUEST_SLOT) },
		{ "rounds", CONFIG_ROUNDS }, MORE } };
"""

HEAD = """
#include "guest_irq.h"
#include "mailbox.h"
#include "os.h"
#include "sysreg.h"

void tell(uint32_t task, const char *name, uint64_t sequence, uint64_t work, uint64_t ns);
void os_exception(struct os_frame *frame)
{
	(void)frame;
	irq_acknowledge();
	timer_stop();
	irq_end(PPI_VTIMER);
}
static uint64_t us(uint64_t n) { return n * read_sysreg(cntfrq_el0) / 1000000; }
static void spend(uint64_t ticks)
{
	for (uint64_t end = read_sysreg(cntvct_el0) + ticks; read_sysreg(cntvct_el0) < end; )
		;
}
void os_main(void)
{
	volatile uint64_t *heap = (volatile uint64_t *)WORK_ADDR(GUEST_SLOT);
	uint64_t words = WORK_SIZE / 8;

"""

COUNTER = (
    HEAD
    + """
	printf("counter_os: up at EL1\\n");
	irq_init();
	for (uint64_t round = 1; round <= CONFIG_ROUNDS; round++) {
		spend(us(300));
		timer_at(read_sysreg(cntvct_el0) + us(1000));
		__asm__ volatile("wfi\\n\\twfi" ::: "memory");	/* masked, and twice for one deadline */
		irq_enable();
		irq_disable();
		tell(1, "counter", round, round * words, 2000000 * round + 95536);
		printf("counter_os: round %lu, %lu ticks, FP ok, keys ok\\n", round, 2 * round);
	}
	for (uint64_t i = 0; i < words; i++)
		heap[i] = CONFIG_ROUNDS;
"""
    + BOX.replace(
        "MORE",
        '{ "ticks", 2 * CONFIG_ROUNDS }, { "work", CONFIG_ROUNDS * words },'
        ' { "fp errors", 0 }, { "key errors", 0 }, { "stray interrupts", 0 }',
    )
    + '\tprintf("counter_os: done\\n");\n\tos_off();\n}\n'
)

MEMWALK = (
    HEAD
    + """
	printf("memwalk_os: up at EL1\\n");
	printf("memwalk_os: MMU on, heap at VA 0x1000000000\\n");
	for (uint64_t round = 1; round <= CONFIG_ROUNDS; round++) {
		spend(us(1200));
		tell(2, "memwalk", round, round * words, 1500000 * round);
		printf("memwalk_os: round %lu, %lu words, heap ok, %lu faults met\\n", round, words, round);
	}
	for (uint64_t i = 0; i < words; i++)
		heap[i] = ((uint64_t)CONFIG_ROUNDS << 48 ^ i) * UINT64_C(0x9e3779b97f4a7c15);
"""
    + BOX.replace(
        "MORE",
        '{ "heap va", 0x1000000000 }, { "words", CONFIG_ROUNDS * words }, { "wrong words", 0 },'
        ' { "faults", CONFIG_ROUNDS }, { "last far", 0x2000000000 }',
    )
    + '\tprintf("memwalk_os: done\\n");\n\tos_off();\n}\n'
)

REPORT = """
#include "report.h"
#include "guest_layout.h"
#include "printf.h"
#include "string.h"

static void row(const struct vm *vm, const char *key, uint64_t value)
{
	printf("[mailbox] vm%u %s: %s = 0x%lx\\n", vm->id, vm->name, key, value);
}

void guest_shared_dump(void)
{
	for (unsigned int id = 0; id < VM_MAX; id++) {
		const struct vm *vm = vm_get(id);

		if (!vm)
			continue;
		if (!strcmp(vm->name, "hostile")) {
			printf("[mailbox] vm%u %s: no mailbox\\n", id, vm->name);
			continue;
		}
		row(vm, "el", 1);
		row(vm, "sp", SLOT_ADDR(id) + 0x6f50);
		row(vm, "heap", WORK_ADDR(id));
		row(vm, "rounds", CONFIG_ROUNDS);
		if (!strcmp(vm->name, "counter_os")) {
			row(vm, "ticks", 2 * CONFIG_ROUNDS);
			row(vm, "work", WORK_SIZE / 8 * CONFIG_ROUNDS);
			row(vm, "fp errors", 0);
			row(vm, "key errors", 0);
			row(vm, "stray interrupts", 0);
		} else {
			row(vm, "heap va", 0x1000000000);
			row(vm, "words", WORK_SIZE / 8 * CONFIG_ROUNDS);
			row(vm, "wrong words", 0);
			row(vm, "faults", CONFIG_ROUNDS);
			row(vm, "last far", 0x2000000000);
		}
	}
}

void exit_report(void)
{
	for (unsigned int id = 0; id < VM_MAX; id++)
		if (vm_get(id))
			printf("[exits] vm%u %s: wfx 100000 hvc %u data abort 100000 irq 100000\\n", id,
			       vm_get(id)->name, CONFIG_ROUNDS + 1);
}
"""

# In place of take_apart() and machine_end(), what is seen of them: zeros, and a line.
MACHINE_END = """
#include "guest_layout.h"
#include "string.h"

void machine_end(void)
{
	for (unsigned int id = 0; id < VM_MAX; id++)
		if (vm_get(id)) {
			memset((void *)SLOT_ADDR(id), 0, SLOT_SIZE);
			memset((void *)MAILBOX_ADDR(id), 0, MAILBOX_SIZE);
			printf("[end] vm%u %s: destroyed, %u table pages freed\\n", id,
			       vm_get(id)->name, id & 1 ? 6 : 4);
		}
}
"""

FILES = {
    "guests/runtime/start.S": START,
    "guests/runtime/console.c": CONSOLE,
    "guests/runtime/log.c": LOG,
    "guests/counter_os/main.c": COUNTER,
    "guests/memwalk_os/main.c": MEMWALK,
    "guests/memwalk_os/mmu.c": "typedef int nothing;\n",
    "report.c": REPORT,
}


def test_guests_and_reports_by_heart_get_next_to_nothing(tmp_path: Path) -> None:
    machine = (KIT / "solutions/lab06-guests/machine.c").read_text()
    machine = machine[: machine.index("static void take_apart")] + MACHINE_END
    checks = graded(6, tmp_path, {**FILES, "machine.c": machine})
    points = passed(checks)
    assert sum(points.values()) <= MOST, points
    proofs = {check.id.partition(".")[2] for check in tables()[6] if check.proves}
    assert points.keys() & proofs <= {"1.vectors"}
    # It does print its lines, and has its constants in memory: they are what counts for nothing.
    for name in ("3.rounds", "4.mmu", "5.memwalk_mailbox", "6.freed", "4.heap", "6.erased"):
        assert checks[name]["result"] == "not reached", checks[name]
