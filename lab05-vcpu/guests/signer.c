// SPDX-License-Identifier: MIT
/*
 * A guest that signs pointers and authenticates them much later, which fails if
 * another guest's keys are in the registers.
 */
#include "guest.h"
#include "sysreg.h"

#define RUN_MS	50
#define POINTER	UINT64_C(0x0000000041234560)
#define CONTEXT	UINT64_C(0x1122334455667788)

#define sign(instruction) ({						\
	uint64_t p_ = POINTER;						\
	__asm__ volatile(".arch_extension pauth\n" instruction " %0, %1" \
			 : "+r"(p_) : "r"(CONTEXT));			\
	p_; })

#define authenticate(instruction, signed_pointer) ({			\
	uint64_t p_ = (signed_pointer);					\
	__asm__ volatile(".arch_extension pauth\n" instruction " %0, %1" \
			 : "+r"(p_) : "r"(CONTEXT));			\
	p_; })

static uint64_t generic(void)
{
	uint64_t code;

	__asm__ volatile(".arch_extension pauth\npacga %0, %1, %2"
			 : "=r"(code) : "r"(POINTER), "r"(CONTEXT));
	return code;
}

static volatile uint64_t failed;

/* FEAT_FPAC: a failed authentication raises an exception. */
void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	(void)slot;
	(void)esr;
	failed++;
	*elr += 4;
}

void main(void)
{
	uint64_t seed = read_sysreg(vbar_el1) * 0x9e3779b97f4a7c15;
	uint64_t ia, ib, da, db, ga, end, rounds = 0;

	write_sysreg(APIAKEYLO_EL1, seed += 0x1111);
	write_sysreg(APIAKEYHI_EL1, seed *= 7);
	write_sysreg(APIBKEYLO_EL1, seed += 0x2222);
	write_sysreg(APIBKEYHI_EL1, seed *= 7);
	write_sysreg(APDAKEYLO_EL1, seed += 0x3333);
	write_sysreg(APDAKEYHI_EL1, seed *= 7);
	write_sysreg(APDBKEYLO_EL1, seed += 0x4444);
	write_sysreg(APDBKEYHI_EL1, seed *= 7);
	write_sysreg(APGAKEYLO_EL1, seed += 0x5555);
	write_sysreg(APGAKEYHI_EL1, seed *= 7);
	write_sysreg(sctlr_el1, read_sysreg(sctlr_el1) | SCTLR_EL1_EnIA |
		     SCTLR_EL1_EnIB | SCTLR_EL1_EnDA | SCTLR_EL1_EnDB);
	__asm__ volatile("isb");

	ia = sign("pacia");
	ib = sign("pacib");
	da = sign("pacda");
	db = sign("pacdb");
	ga = generic();
	end = read_sysreg(cntvct_el0) + RUN_MS * read_sysreg(cntfrq_el0) / 1000;
	while (read_sysreg(cntvct_el0) < end) {
		failed += authenticate("autia", ia) != POINTER;
		failed += authenticate("autib", ib) != POINTER;
		failed += authenticate("autda", da) != POINTER;
		failed += authenticate("autdb", db) != POINTER;
		failed += generic() != ga;
		rounds++;
	}
	printf("signer: signed: %s, enough rounds: %s, %lu failed\n",
	       ia != POINTER && ib != POINTER && da != POINTER && db != POINTER ?
	       "yes" : "no", rounds > 100 ? "yes" : "no", failed);
}
