/* SPDX-License-Identifier: MIT */
/*
 * Access every system register, whether the kit knows it or not: MRS and MSR with each
 * encoding of op0 = 2 and 3. guest_exception(), defined here, skips the encodings that are
 * UNDEFINED for a guest.
 */
#ifndef EVERY_REGISTER_H
#define EVERY_REGISTER_H

#include <stdbool.h>

#include "barrier.h"
#include "guest.h"
#include "sysreg.h"

/* S<op0>_<op1>_C<crn>_C<crm>_<op2>, as bits 20 to 5 of MRS and MSR. */
#define ENCODING(op0, op1, crn, crm, op2)				\
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define FIRST_ENCODING	ENCODING(2, 0, 0, 0, 0)
#define ENCODINGS	(2 << 14)
#define STUBS		128	/* of one op0, op1, CRn */

#define MRS_X0		0xd5300000u
#define MSR_X0		0xd5100000u
#define RET		0xd65f03c0u

/* Registers that an exception at EL1 overwrites, or that change by themselves. */
static const uint16_t never_the_same[] = {
	ENCODING(3, 0, 4, 0, 0),	/* SPSR_EL1 */
	ENCODING(3, 0, 4, 0, 1),	/* ELR_EL1 */
	ENCODING(3, 0, 5, 2, 0),	/* ESR_EL1 */
	ENCODING(3, 0, 6, 0, 0),	/* FAR_EL1 */
	ENCODING(3, 0, 12, 0, 0),	/* VBAR_EL1: an address in the slot */
	ENCODING(3, 0, 12, 8, 0),	/* ICC_IAR0_EL1: a read has effects */
	ENCODING(3, 0, 12, 12, 0),	/* ICC_IAR1_EL1 */
	ENCODING(3, 3, 2, 4, 0),	/* RNDR */
	ENCODING(3, 3, 2, 4, 1),	/* RNDRRS */
	ENCODING(3, 3, 4, 2, 0),	/* NZCV */
	ENCODING(3, 3, 14, 0, 2),	/* CNTVCT_EL0 */
	ENCODING(3, 3, 14, 0, 6),	/* CNTVCTSS_EL0 */
	ENCODING(3, 3, 14, 3, 0),	/* CNTV_TVAL_EL0 */
};

static volatile bool undefined;

void guest_exception(uint64_t slot, uint64_t esr, uint64_t *elr)
{
	(void)slot;
	(void)esr;
	undefined = true;
	*elr += 4;
}

/* op1 = 4 to 7 belongs to EL2 and EL3: UNDEFINED at EL1. */
static inline bool is_of_el1_or_el0(unsigned int encoding)
{
	return !(encoding & 4 << 11);
}

static bool is_one_of(unsigned int encoding, const uint16_t *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (list[i] == encoding)
			return true;
	return false;
}

/*
 * Return a function `mrs x0, <encoding>; ret`, or with msr. All stubs of an op0, op1, CRn
 * are written when the first of them is needed.
 */
static void *stub(uint32_t instruction, unsigned int encoding)
{
	static uint32_t code[STUBS][2] __attribute__((aligned(4096)));
	static uint32_t made_for;
	uint32_t first = instruction | (encoding / STUBS * STUBS) << 5;

	if (made_for != first) {
		for (unsigned int i = 0; i < STUBS; i++) {
			code[i][0] = first + (i << 5);
			code[i][1] = RET;
		}
		dsb(sy);
		__asm__ volatile("ic iallu" ::: "memory");
		dsb(sy);
		isb();
		made_for = first;
	}
	return code[encoding % STUBS];
}

/* Return false if it is UNDEFINED. */
static bool read_register(unsigned int encoding, uint64_t *value)
{
	uint64_t (*mrs)(void) = (uint64_t (*)(void))stub(MRS_X0, encoding);

	undefined = false;
	*value = mrs();
	return !undefined;
}

/* Return false if it is UNDEFINED. */
static inline bool write_register(unsigned int encoding, uint64_t value)
{
	void (*msr)(uint64_t) = (void (*)(uint64_t))stub(MSR_X0, encoding);

	undefined = false;
	msr(value);
	return !undefined;
}

static inline void print_register(unsigned int encoding)
{
	printf("S%u_%u_C%u_C%u_%u", encoding >> 14, encoding >> 11 & 7, encoding >> 7 & 15,
	       encoding >> 3 & 15, encoding & 7);
}

#define REGISTERS_MAX	512

struct values {
	unsigned int count;
	struct { unsigned int encoding; uint64_t value; } of[REGISTERS_MAX];
};

/* Read all registers whose value does not change by itself. */
static void read_all_registers(struct values *values)
{
	uint64_t value;

	values->count = 0;
	for (unsigned int e = FIRST_ENCODING; e < FIRST_ENCODING + ENCODINGS; e++) {
		if (!is_of_el1_or_el0(e) ||
		    is_one_of(e, never_the_same, ARRAY_SIZE(never_the_same)) ||
		    !read_register(e, &value) || values->count == REGISTERS_MAX)
			continue;
		values->of[values->count].encoding = e;
		values->of[values->count++].value = value;
	}
}

/* Read them again and print those that have changed. */
static void print_changed(const char *guest, const struct values *values)
{
	unsigned int changed = 0;
	uint64_t now;

	for (unsigned int i = 0; i < values->count; i++) {
		if (read_register(values->of[i].encoding, &now) && now == values->of[i].value)
			continue;
		printf("%s: ", guest);
		print_register(values->of[i].encoding);
		printf(" was 0x%lx, is 0x%lx\n", values->of[i].value, now);
		changed++;
	}
	printf("%s: %u of %u registers changed\n", guest, changed, values->count);
}

/* Fill Q0 to Q31. Does nothing if they are UNDEFINED. */
static inline void fill_q(uint64_t value)
{
	__asm__ volatile(".arch_extension simd\n"
			 ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,"
			 "23,24,25,26,27,28,29,30,31\ndup v\\n\\().2d, %0\n.endr" :: "r"(value));
}

static inline uint64_t or_of_q(void)
{
	uint64_t all = 0, one = 0;

#define OR_Q(n)	__asm__ volatile(".arch_extension simd\nmov %0, v" #n ".d[0]" : "+r"(one)); all |= one; \
	__asm__ volatile(".arch_extension simd\nmov %0, v" #n ".d[1]" : "+r"(one)); all |= one;
	OR_Q(0) OR_Q(1) OR_Q(2) OR_Q(3) OR_Q(4) OR_Q(5) OR_Q(6) OR_Q(7)
	OR_Q(8) OR_Q(9) OR_Q(10) OR_Q(11) OR_Q(12) OR_Q(13) OR_Q(14) OR_Q(15)
	OR_Q(16) OR_Q(17) OR_Q(18) OR_Q(19) OR_Q(20) OR_Q(21) OR_Q(22) OR_Q(23)
	OR_Q(24) OR_Q(25) OR_Q(26) OR_Q(27) OR_Q(28) OR_Q(29) OR_Q(30) OR_Q(31)
#undef OR_Q
	return all;
}

#endif
