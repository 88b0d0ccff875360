// SPDX-License-Identifier: MIT
/*
 * A guest that fills all state that it can write with its own pattern and compares it
 * again and again while others do the same. It reads each register back once, to learn
 * which bits it holds.
 */
#include "guest.h"
#include "guest_irq.h"
#include "sysreg.h"

#define RUN_MS	80

/* A value for register number `n` of this guest, all bits likely. */
static uint64_t pattern(unsigned int n)
{
	uint64_t x = (n + 1) * 0x9e3779b97f4a7c15 + GUEST_SLOT * 0xbf58476d1ce4e5b9;

	return x ^ x >> 29;
}

/*
 * X(name, may, must): the bits for the pattern, and the bits that must be set for the
 * guest to keep running. SCTLR_EL1.M stays 0, so the TTBRs have no effect.
 */
#define REGISTERS(X)							\
	X(sctlr_el1, SCTLR_EL1_EnIA | SCTLR_EL1_EnIB | SCTLR_EL1_EnDA | \
		     SCTLR_EL1_EnDB, SCTLR_EL1_RES1)			\
	X(cpacr_el1, BIT(28), CPACR_EL1_FPEN)				\
	X(ttbr0_el1, ~U64(0), 0)					\
	X(ttbr1_el1, ~U64(0), 0)					\
	X(tcr_el1, ~U64(0), 0)						\
	X(mair_el1, ~U64(0), 0)						\
	X(amair_el1, ~U64(0), 0)					\
	X(contextidr_el1, ~U64(0), 0)					\
	X(par_el1, ~U64(0), 0)						\
	X(elr_el1, ~U64(0), 0)						\
	X(spsr_el1, GENMASK(31, 0), 0)					\
	X(esr_el1, GENMASK(31, 0), 0)					\
	X(far_el1, ~U64(0), 0)						\
	X(afsr0_el1, ~U64(0), 0)					\
	X(afsr1_el1, ~U64(0), 0)					\
	X(sp_el0, ~U64(0), 0)						\
	X(tpidr_el0, ~U64(0), 0)					\
	X(tpidrro_el0, ~U64(0), 0)					\
	X(tpidr_el1, ~U64(0), 0)					\
	X(csselr_el1, GENMASK(2, 1), 0)					\
	X(cntkctl_el1, GENMASK(9, 0), 0)				\
	X(cntv_cval_el0, GENMASK(61, 0), BIT(62))			\
	X(cntv_ctl_el0, 0, CNT_CTL_IMASK)				\
	X(S3_0_C12_C1_1, GENMASK(24, 0), 0)	/* DISR_EL1 */		\
	X(APIAKEYLO_EL1, ~U64(0), 0)					\
	X(APIAKEYHI_EL1, ~U64(0), 0)					\
	X(APIBKEYLO_EL1, ~U64(0), 0)					\
	X(APIBKEYHI_EL1, ~U64(0), 0)					\
	X(APDAKEYLO_EL1, ~U64(0), 0)					\
	X(APDAKEYHI_EL1, ~U64(0), 0)					\
	X(APDBKEYLO_EL1, ~U64(0), 0)					\
	X(APDBKEYHI_EL1, ~U64(0), 0)					\
	X(APGAKEYLO_EL1, ~U64(0), 0)					\
	X(APGAKEYHI_EL1, ~U64(0), 0)					\
	X(icc_bpr1_el1, GENMASK(2, 0), 0)				\
	X(icc_bpr0_el1, GENMASK(2, 0), 0)				\
	X(icc_pmr_el1, GENMASK(6, 3), BIT(7))				\
	X(icc_igrpen0_el1, BIT(0), 0)					\
	X(icc_igrpen1_el1, 0, BIT(0))					\
	X(icc_ctlr_el1, ICC_CTLR_EL1_EOIMODE, 0)			\
	X(icc_ap0r0_el1, BIT(20), 0)					\
	X(icc_ap1r0_el1, BIT(24), 0)

#define COUNT_ONE(...)	+ 1
enum { REGISTER_COUNT = 0 REGISTERS(COUNT_ONE) };

static uint64_t wanted[REGISTER_COUNT];
static uint64_t differences;

/* fp.S: 64 words for Q0 to Q31, then FPCR and FPSR. */
#define FP_WORDS	66
void fp_fill(const uint64_t words[FP_WORDS]);
/* How many of them differ; the registers stay as they are. */
uint64_t fp_differences(const uint64_t words[FP_WORDS]);
static uint64_t fp_wanted[FP_WORDS];

static void fill(void)
{
	unsigned int n = 0;

#define FILL(name, may, must)						\
	write_sysreg(name, (pattern(n) & (may)) | (must));		\
	n++;
	REGISTERS(FILL)
	guest_isb();
	n = 0;
#define LEARN(name, may, must)						\
	wanted[n] = read_sysreg(name);					\
	n++;
	REGISTERS(LEARN)
}

static void report(const char *name, uint64_t is, uint64_t was)
{
	/* Print only the first, count all. */
	if (differences++ == 0)
		printf("pattern: %s is 0x%lx, was 0x%lx\n", name, is, was);
}

static void compare(void)
{
	unsigned int n = 0;
	uint64_t value;

#define COMPARE(name, may, must)					\
	value = read_sysreg(name);					\
	if (value != wanted[n])						\
		report(#name, value, wanted[n]);			\
	n++;
	REGISTERS(COMPARE)
}

void main(void)
{
	uint64_t end, rounds = 0, fp, pending;

	write_sysreg(cpacr_el1, CPACR_EL1_FPEN);
	guest_isb();
	for (unsigned int n = 0; n < FP_WORDS - 2; n++)
		fp_wanted[n] = pattern(1000 + n);
	fp_wanted[FP_WORDS - 2] = pattern(1) & GENMASK(25, 22);	/* FPCR */
	fp_wanted[FP_WORDS - 1] = pattern(2) & GENMASK(4, 0);	/* FPSR */

	/* Two interrupts that stay pending: list registers 0 and 1. */
	irq_init();
	irq_raise(3 + GUEST_SLOT % 4);
	irq_raise(9 + GUEST_SLOT % 4);
	fill();
	fp_fill(fp_wanted);

	end = read_sysreg(cntvct_el0) + RUN_MS * read_sysreg(cntfrq_el0) / 1000;
	while (read_sysreg(cntvct_el0) < end) {
		compare();
		fp = fp_differences(fp_wanted);
		if (fp)
			report("FP state", fp, 0);
		rounds++;
	}

	/* Both are still pending, in any order because their priorities are equal. */
	write_sysreg(icc_ap1r0_el1, 0);
	write_sysreg(icc_ap0r0_el1, 0);
	write_sysreg(icc_ctlr_el1, 0);
	write_sysreg(icc_pmr_el1, 0xff);
	guest_isb();
	pending = BIT(3 + GUEST_SLOT % 4) | BIT(9 + GUEST_SLOT % 4);
	while (pending) {
		uint64_t intid = irq_acknowledge();

		irq_end(intid);
		if (intid >= 16 || !(pending & BIT(intid))) {
			report("a pending interrupt", intid, __builtin_ctzll(pending));
			break;
		}
		pending &= ~BIT(intid);
	}
	printf("pattern: %d registers and FP, enough rounds: %s, %lu differences\n",
	       REGISTER_COUNT, rounds > 100 ? "yes" : "no", differences);
}
