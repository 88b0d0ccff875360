// SPDX-License-Identifier: MIT
/* System registers that EL2 traps, and the features that ID registers show. */
#include "esr.h"
#include "guest.h"
#include "sysreg.h"

static volatile bool taken;

void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	(void)slot;
	taken = esr_ec(esr) == EC_UNKNOWN;
	*elr += 4;
}

#define try_read(name) do {						\
	uint64_t value_;						\
	taken = false;							\
	__asm__ volatile("mrs %0, " STRINGIFY(name) : "=r"(value_) :: "memory"); \
	printf("sysregs: read %s: %s\n", #name, taken ? "UNDEFINED" : "done"); \
} while (0)

#define try_write(name) do {						\
	taken = false;							\
	__asm__ volatile("msr " STRINGIFY(name) ", xzr" ::: "memory");	\
	printf("sysregs: write %s: %s\n", #name, taken ? "UNDEFINED" : "done"); \
} while (0)

#define show_field(name, high, low)					\
	printf("sysregs: %s bits %d to %d: %lu\n", #name, high, low,	\
	       FIELD_GET(GENMASK(high, low), read_sysreg(name)))

void main(void)
{
	try_read(cntpct_el0);
	try_write(cntp_ctl_el0);
	try_read(actlr_el1);
	try_read(pmcr_el0);
	try_write(pmcntenset_el0);
	try_read(mdscr_el1);
	try_write(oslar_el1);
	try_read(hcr_el2);
	try_write(vbar_el2);
	try_write(S3_0_C0_C0_0);	/* MIDR_EL1, read-only */
	try_read(S3_0_C10_C4_3);	/* LORC_EL1 */
	try_read(S3_0_C5_C3_0);		/* ERRIDR_EL1 */
	try_read(S3_0_C15_C0_0);	/* IMPLEMENTATION DEFINED */
	try_read(midr_el1);
	try_write(tpidr_el1);

	/* EL2, EL3, FP, SVE; the debug and PMU versions; the PA range. */
	show_field(id_aa64pfr0_el1, 7, 0);
	show_field(id_aa64pfr0_el1, 15, 8);
	show_field(id_aa64pfr0_el1, 19, 16);
	show_field(id_aa64pfr0_el1, 35, 32);
	show_field(id_aa64dfr0_el1, 11, 8);
	show_field(id_aa64isar1_el1, 11, 4);
	show_field(id_aa64mmfr0_el1, 3, 0);
	printf("sysregs: MPIDR_EL1 0x%lx\n", read_sysreg(mpidr_el1));
}
