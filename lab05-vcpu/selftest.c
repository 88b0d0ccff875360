// SPDX-License-Identifier: MIT
#include "selftest.h"

#include "context.h"
#include "counter.h"
#include "gic.h"
#include "platform.h"
#include "say.h"
#include "slice.h"
#include "string.h"
#include "sysreg.h"

#define SEED	UINT64_C(0x1234567)

static struct context here, other;

static const char *yes(bool fact)
{
	return fact ? "yes" : "no";
}

/* A different value for each register; the complement for the complement of `seed`. */
static uint64_t pattern(unsigned int n, uint64_t seed)
{
	uint64_t x = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return x ^ x >> 29 ^ seed;
}

/*
 * X(name, may, must): the bits for the pattern and the bits that must be set. None
 * of them affects EL2 itself.
 */
#define EL1(X)								\
	X(sctlr_el1, SCTLR_EL1_EnIA | SCTLR_EL1_EnDB, SCTLR_EL1_RES1)	\
	X(cpacr_el1, CPACR_EL1_FPEN, 0)					\
	X(ttbr0_el1, ~U64(0), 0)					\
	X(ttbr1_el1, ~U64(0), 0)					\
	X(tcr_el1, ~U64(0), 0)						\
	X(mair_el1, ~U64(0), 0)						\
	X(amair_el1, ~U64(0), 0)					\
	X(contextidr_el1, ~U64(0), 0)					\
	X(vbar_el1, ~U64(0x7ff), 0)					\
	X(par_el1, ~U64(0), 0)						\
	X(elr_el1, ~U64(0), 0)						\
	X(spsr_el1, GENMASK(31, 0), 0)					\
	X(esr_el1, GENMASK(31, 0), 0)					\
	X(far_el1, ~U64(0), 0)						\
	X(afsr0_el1, ~U64(0), 0)					\
	X(afsr1_el1, ~U64(0), 0)					\
	X(sp_el0, ~U64(0), 0)						\
	X(sp_el1, ~U64(0), 0)						\
	X(tpidr_el0, ~U64(0), 0)					\
	X(tpidrro_el0, ~U64(0), 0)					\
	X(tpidr_el1, ~U64(0), 0)					\
	X(csselr_el1, GENMASK(2, 1), 0)					\
	X(cntkctl_el1, GENMASK(9, 0), 0)				\
	X(VDISR_EL2, GENMASK(24, 0), 0)					\
	X(elr_el2, ~U64(0), 0)						\
	X(spsr_el2, GENMASK(31, 28), SPSR_M_EL1H)

#define KEYS(X)								\
	X(APIAKEYLO_EL1, ~U64(0), 0)					\
	X(APIAKEYHI_EL1, ~U64(0), 0)					\
	X(APIBKEYLO_EL1, ~U64(0), 0)					\
	X(APIBKEYHI_EL1, ~U64(0), 0)					\
	X(APDAKEYLO_EL1, ~U64(0), 0)					\
	X(APDAKEYHI_EL1, ~U64(0), 0)					\
	X(APDBKEYLO_EL1, ~U64(0), 0)					\
	X(APDBKEYHI_EL1, ~U64(0), 0)					\
	X(APGAKEYLO_EL1, ~U64(0), 0)					\
	X(APGAKEYHI_EL1, ~U64(0), 0)

static uint64_t wanted[64];
static const char *first_wrong;

#define FILL(name, may, must)						\
	write_sysreg(name, (pattern(n++, seed) & (may)) | (must));
#define LEARN(name, may, must)	wanted[n++] = read_sysreg(name);
#define COMPARE(name, may, must)					\
	if (read_sysreg(name) != wanted[n++] && count++ == 0)		\
		first_wrong = #name;

/* Read the registers back, to learn which bits of a pattern they hold. */
#define DEFINE_PART(part, REGISTERS)					\
static void part##_fill(uint64_t seed)					\
{									\
	unsigned int n = 0;						\
	REGISTERS(FILL)							\
}									\
static void part##_learn(void)						\
{									\
	unsigned int n = 0;						\
	REGISTERS(LEARN)						\
}									\
static unsigned int part##_compare(void)				\
{									\
	unsigned int n = 0, count = 0;					\
	REGISTERS(COMPARE)						\
	return count;							\
}
DEFINE_PART(el1, EL1)
DEFINE_PART(keys, KEYS)

/* selftest.S: Q0 to Q31 as 64 words, then FPCR and FPSR. */
#define FP_WORDS	66
void fp_fill(const uint64_t words[FP_WORDS]);
uint64_t fp_differences(const uint64_t words[FP_WORDS]);
static uint64_t fp_words[FP_WORDS];

static void fp_pattern(uint64_t seed)
{
	for (unsigned int n = 0; n < FP_WORDS - 2; n++)
		fp_words[n] = pattern(n, seed);
	fp_words[FP_WORDS - 2] = pattern(64, seed) & GENMASK(25, 22);
	fp_words[FP_WORDS - 1] = pattern(65, seed) & GENMASK(4, 0);
}

static void fp_pattern_fill(uint64_t seed)
{
	fp_pattern(seed);
	fp_fill(fp_words);
}

/* These registers hold every bit: there is nothing to learn. */
static void fp_learn(void)
{
}

static unsigned int fp_compare(void)
{
	fp_pattern(SEED);
	first_wrong = "one of Q0 to Q31, FPCR, FPSR";
	return fp_differences(fp_words);
}

/* Save a pattern, overwrite it, load it, compare. */
static void try(const struct context_part *part, void (*fill)(uint64_t),
		void (*learn)(void), unsigned int (*compare)(void))
{
	unsigned int wrong;

	part->save(&here);	/* EL2's own values */
	fill(SEED);
	learn();
	part->save(&other);
	fill(~SEED);
	part->load(&other);
	wrong = compare();
	part->load(&here);
	say("test", "context, %s: %u registers wrong, the first: %s\n",
	    part->name, wrong, wrong ? first_wrong : "none");
}

void selftest_el1(void)
{
	try(&context_parts[0], el1_fill, el1_learn, el1_compare);
}

void selftest_fp(void)
{
	try(&context_parts[1], fp_pattern_fill, fp_learn, fp_compare);
}

void selftest_keys(void)
{
	try(&context_parts[2], keys_fill, keys_learn, keys_compare);
}

/* Acknowledge an interrupt, waiting a short time for one. */
static unsigned int poll(void)
{
	unsigned int intid = INTID_SPURIOUS;

	for (int i = 0; i < 1000 && intid >= INTID_SPECIAL; i++)
		intid = gic_acknowledge();
	return intid;
}

void selftest_gic(void)
{
	unsigned int intid, active, after;

	say("test", "GIC: nothing is pending: %s\n",
	    yes(poll() == INTID_SPURIOUS));
	gic_enable_ppi(PPI_HYP_TIMER);
	write_sysreg(cnthp_cval_el2, 0);
	write_sysreg(cnthp_ctl_el2, CNT_CTL_ENABLE);
	isb();
	intid = poll();
	say("test", "GIC: CNTHP is interrupt %u\n", intid);

	/* Its line is still up: it must not come again before deactivation. */
	gic_drop_priority(intid);
	active = poll();
	gic_deactivate(intid);
	after = poll();
	say("test", "GIC: while active: %s, after deactivation: %u again\n",
	    active == INTID_SPURIOUS ? "none" : "again", after);
	write_sysreg(cnthp_ctl_el2, 0);
	isb();
	gic_drop_priority(after);
	gic_deactivate(after);
	say("test", "GIC: after the line went down: %s\n",
	    poll() == INTID_SPURIOUS ? "none" : "again");
}

void selftest_slice(void)
{
	uint64_t start = counter_now(), deadline = start + counter_ticks(100);
	uint64_t late;
	unsigned int intid;

	slice_at(deadline);
	isb();
	/* No WFI: it would never end if the GIC or the timer is set up wrong. */
	do
		intid = gic_acknowledge();
	while (intid >= INTID_SPECIAL && counter_now() < deadline + counter_ticks(100));
	late = counter_now() - deadline;
	say("test", "slice: interrupt %u, not early: %s, at most 10 us late: %s\n",
	    intid, yes((int64_t)late >= 0), yes(late < counter_ticks(10)));
	slice_stop();
	gic_drop_priority(intid);
	gic_deactivate(intid);
	say("test", "slice: after slice_stop(): %s\n",
	    poll() == INTID_SPURIOUS ? "none" : "again");
}
