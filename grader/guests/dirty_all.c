// SPDX-License-Identifier: MIT
/*
 * Write every register and all memory that a guest can write. Check that the values are
 * still there after other guests have run; read_all must find none of them.
 */
#include "every_register.h"
#include "guest_layout.h"
#include "hypercall.h"
#include "string.h"

#define TURNS	4
/* No bit above 46: a timer's deadline is within the horizon, and no address wraps. */
#define PATTERN	UINT64_C(0x00005a5a5a5a5a5a)

/* Another value here would stop this guest. write_all_registers() sets a harmless one. */
static const uint16_t not_any_value[] = {
	ENCODING(3, 0, 1, 0, 0),	/* SCTLR_EL1 */
	ENCODING(3, 0, 4, 2, 0),	/* SPSel */
	ENCODING(3, 0, 4, 3, 0),	/* ALLINT */
	ENCODING(3, 0, 12, 0, 0),	/* VBAR_EL1 */
	ENCODING(3, 3, 4, 2, 1),	/* DAIF */
	ENCODING(3, 3, 14, 3, 0),	/* CNTV_TVAL_EL0 */
	ENCODING(3, 3, 14, 3, 1),	/* CNTV_CTL_EL0 */
};

/* A core with GICv3 has all three (IHI 0069, "System register access"). */
static const uint16_t sgi_registers[] = {
	ENCODING(3, 0, 12, 11, 5),	/* ICC_SGI1R_EL1 */
	ENCODING(3, 0, 12, 11, 6),	/* ICC_ASGI1R_EL1 */
	ENCODING(3, 0, 12, 11, 7),	/* ICC_SGI0R_EL1 */
};

static struct values values;

static void write_all_registers(uint64_t pattern)
{
	write_sysreg(cpacr_el1, CPACR_EL1_FPEN);
	isb();
	fill_q(pattern);
	for (unsigned int e = FIRST_ENCODING; e < FIRST_ENCODING + ENCODINGS; e++)
		if (is_of_el1_or_el0(e) &&
		    !is_one_of(e, not_any_value, ARRAY_SIZE(not_any_value)))
			write_register(e, pattern);
	write_sysreg(sctlr_el1, read_sysreg(sctlr_el1) | SCTLR_EL1_EnIA | SCTLR_EL1_EnIB |
				SCTLR_EL1_EnDA | SCTLR_EL1_EnDB);
	write_sysreg(cntv_ctl_el0, CNT_CTL_ENABLE | CNT_CTL_IMASK);
	isb();
}

static void print_sgi_registers(void)
{
	unsigned int accepted = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(sgi_registers); i++)
		accepted += write_register(sgi_registers[i], 0);
	printf("dirty_all: %u registers that generate SGIs\n", accepted);
}

void main(void)
{
	print_sgi_registers();
	write_all_registers(~PATTERN & GENMASK(46, 0));
	hvc(HVC_YIELD, 0);
	write_all_registers(PATTERN);
	memset((void *)WORK_ADDR(GUEST_SLOT), 0x5a, WORK_SIZE);
	memset((void *)MAILBOX_ADDR(GUEST_SLOT), 0x5a, MAILBOX_SIZE);
	read_all_registers(&values);
	for (int turn = 0; turn < TURNS; turn++)
		hvc(HVC_YIELD, 0);
	print_changed("dirty_all", &values);
}
