// SPDX-License-Identifier: MIT
/* Hypercalls with good and bad arguments. */
#include "guest.h"
#include "guest_layout.h"
#include "smccc.h"
#include "stage1.h"
#include "string.h"
#include "sysreg.h"

static struct task_report report(const char *name)
{
	struct task_report r = {
		.version = TASK_REPORT_VERSION,
		.task = 7,
		.sequence = 1,
		.work = 42,
		.virtual_ns = 1000,
	};

	for (int i = 0; i < TASK_NAME_SIZE && (i == 0 || name[i - 1]); i++)
		r.name[i] = name[i];
	return r;
}

static int64_t counter_ns(void)
{
	return read_sysreg(cntvct_el0) * 1000000000 / read_sysreg(cntfrq_el0);
}

static void try(const char *what, const volatile struct task_report *r)
{
	printf("hypercalls: %s: %ld\n", what, hvc(HVC_TASK_REPORT, r));
}

/*
 * A record whose VA is not its IPA, and which spans two pages that are not adjacent
 * in memory.
 */
static void try_stage1(void)
{
	static char pages[2][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	struct task_report r = report("window");
	const size_t part = sizeof(r) / 2;
	uint64_t par;

	memcpy(&pages[1][PAGE_SIZE - part], &r, part);
	memcpy(pages[0], (char *)&r + part, sizeof(r) - part);
	stage1_enable();
	stage1_map(0, (uint64_t)pages[1]);
	stage1_map(1, (uint64_t)pages[0]);
	write_sysreg(par_el1, STAGE1_WINDOW);
	par = read_sysreg(par_el1);
	try("a report in two pages of its own MMU",
	    (void *)(STAGE1_WINDOW + PAGE_SIZE - part));
	printf("hypercalls: PAR_EL1 is unchanged: %s\n",
	       read_sysreg(par_el1) == par ? "yes" : "no");
}

void main(void)
{
	struct task_report good = report("probe");
	struct task_report version = good, name = report("no end in sight.....");
	struct task_report escape = report("a\033[2Jb");
	uint64_t slot_end = SLOT_ADDR(GUEST_SLOT) + SLOT_SIZE;
	int64_t before, first, after, second;

	try("a good report", &good);
	version.version = 2;
	try("another version", &version);
	try("a name without end", &name);
	try("a name with control characters", &escape);
	try("NULL", NULL);
	try("EL2's image", (void *)0x40000000);
	try("the next VM's slot", (void *)SLOT_ADDR(GUEST_SLOT + 1));
	try("the next VM's mailbox", (void *)MAILBOX_ADDR(GUEST_SLOT + 1));
	try("the UART", (void *)VUART_IPA);
	memcpy((void *)(slot_end - 8), &good, 8);	/* the version is right */
	try("half in the guard", (void *)(slot_end - 8));
	try("beyond the address space", (void *)~UINT64_C(7));
	try("the tables' limit", (void *)BIT(48));

	/* The immediate selects the service; EL2 must not skip an instruction after HVC. */
	printf("hypercalls: unknown HVC: %ld\n", hvc(0x1234, 0));
	printf("hypercalls: yield: %ld\n", hvc(HVC_YIELD, 0));
	before = counter_ns();
	first = hvc(HVC_VIRTUAL_TIME, 0);
	after = counter_ns();
	second = hvc(HVC_VIRTUAL_TIME, 0);
	printf("hypercalls: virtual time advances: %s, agrees with the counter: %s\n",
	       second > first ? "yes" : "no",
	       before <= first && first <= after ? "yes" : "no");

	printf("hypercalls: SMCCC version 0x%lx, PSCI version 0x%lx\n",
	       hvc(HVC_SMCCC, SMCCC_VERSION), hvc(HVC_SMCCC, PSCI_VERSION));
	printf("hypercalls: an unknown function: %ld\n",
	       hvc(HVC_SMCCC, 0xc6000000));
	try_stage1();

	/* After a trap, WFI and WFE must not be executed again. */
	__asm__ volatile("wfi");
	__asm__ volatile("wfe");
	printf("hypercalls: WFI and WFE returned\n");
	hvc(HVC_SMCCC, PSCI_CPU_OFF);
	printf("hypercalls: CPU_OFF returned\n");
}
