// SPDX-License-Identifier: MIT
/*
 * Exceptions into EL1: vector by origin, ESR_EL1, FAR_EL1, ELR_EL1, SPSR_EL1, PSTATE. Arm ARM,
 * "Exception vectors", "ESR_EL1", "FAR_EL1", and for each class its own section.
 *
 * Not checked, because QEMU's model leaves it out: the alignment of SP (its versions before 9), the
 * alignment of accesses to Device memory, and faults of cache maintenance. SMC of EL1, which is
 * UNDEFINED, a trap or a call, as the machine has EL3 or not.
 */
#include "access.h"
#include "aliases.h"
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "el0.h"
#include "esr.h"
#include "gic.h"
#include "wait.h"

const char guest_name[] = "exceptions";

#define ISS_IL		ESR_ELx_IL
#define LEVEL_1		1
#define LEVEL_2		2
#define FSC(type, level)	((type) | (level))

static struct taken taken;
static uint64_t target[8];

void check_setup(void)
{
	gic_reset();
	write_sysreg(cpacr_el1, CPACR_EL1_FPEN);
	isb();
}

/* Expect `function` to cause an exception: `vector`, with class `ec`. */
static void expect_exception(void (*function)(void *argument), void *argument,
			     unsigned int vector, unsigned int ec)
{
	expect_equal("an exception", attempt(function, argument, &taken), ATTEMPT_EXCEPTION);
	expect_equal("the vector", taken.vector, vector);
	expect_equal("ESR_EL1.EC", esr_ec(taken.esr), ec);
}

/* Expect an abort with fault status `fsc`, at `far`. */
static void expect_abort(void (*function)(void *argument), uint64_t far, unsigned int vector,
			 unsigned int ec, unsigned int fsc)
{
	expect_exception(function, (void *)far, vector, ec);
	expect_equal("ESR_EL1.FSC", taken.esr & ISS_ABT_FSC, fsc);
	expect_equal("ESR_EL1.FnV", taken.esr & ISS_ABT_FNV, 0);
	expect_equal("FAR_EL1", taken.far, far);
}

#define EL1H	(VECTOR_FROM_SPX + VECTOR_SYNC)
#define EL1T	(VECTOR_FROM_SP0 + VECTOR_SYNC)
#define EL0	(VECTOR_FROM_EL0 + VECTOR_SYNC)

static void svc(void *unused)
{
	(void)unused;
	__asm__ volatile("svc #0x1234");
}

static void svc_with_sp_el0(void *unused)
{
	static uint64_t stack[64] __attribute__((aligned(16)));

	(void)unused;
	write_sysreg(sp_el0, (uint64_t)(stack + 64));
	__asm__ volatile("msr spsel, #0\n\tsvc #0x1234\n\tmsr spsel, #1" ::: "memory");
}

static void brk(void *unused)
{
	(void)unused;
	__asm__ volatile("brk #0x4321");
}

static void udf(void *unused)
{
	(void)unused;
	__asm__ volatile(".inst 0x00000000");
}

static void read(void *address)
{
	mmio_read32((uint64_t)address);
}

static void write(void *address)
{
	mmio_write32((uint64_t)address, 0);
}

static void jump(void *address)
{
	__asm__ volatile("blr %0" :: "r"(address) : "x30", "memory");
}

CHECK("exception.svc.from_el1h")
{
	expect_exception(svc, 0, EL1H, EC_SVC64);
	expect_equal("the immediate", taken.esr & ISS_IMM16, 0x1234);
	expect_equal("ESR_EL1.IL", taken.esr & ISS_IL, ISS_IL);
	expect_equal("SPSR_EL1.M", taken.spsr & SPSR_M, SPSR_M_EL1H);
	/* ELR_EL1 is after the SVC: "preferred exception return address". */
	expect_equal("the instruction before ELR_EL1", *(uint32_t *)(taken.elr - 4), 0xd4024681);
}

CHECK("exception.svc.from_el1t")
{
	expect_exception(svc_with_sp_el0, 0, EL1T, EC_SVC64);
	expect_equal("SPSR_EL1.M", taken.spsr & SPSR_M, SPSR_M_EL1T);
}

CHECK("exception.entry.selects_sp_el1")
{
	expect_exception(svc_with_sp_el0, 0, EL1T, EC_SVC64);
	expect_equal("SPSel", taken.spsel, 1);
}

static void svc_unmasked(void *unused)
{
	(void)unused;
	__asm__ volatile("msr daifclr, #0xf\n\tsvc #0");
}

CHECK("exception.entry.masks_all")
{
	expect_exception(svc_unmasked, 0, EL1H, EC_SVC64);
	expect_equal("DAIF", taken.daif & PSTATE_DAIF, PSTATE_DAIF);
	expect_equal("SPSR_EL1.DAIF", taken.spsr & PSTATE_DAIF, 0);
}

static void svc_with_flags(void *flags)
{
	__asm__ volatile("msr nzcv, %0\n\tsvc #0" :: "r"(flags) : "cc");
}

CHECK("exception.entry.spsr_keeps_the_flags")
{
	for (uint64_t flags = 0; flags < 16; flags++) {
		expect_exception(svc_with_flags, (void *)(flags << 28), EL1H, EC_SVC64);
		expect_equal("SPSR_EL1.NZCV", taken.spsr & SPSR_NZCV, flags << 28);
	}
}

CHECK("exception.brk.from_el1")
{
	expect_exception(brk, 0, EL1H, EC_BRK64);
	expect_equal("the immediate", taken.esr & ISS_IMM16, 0x4321);
	expect_equal("the instruction at ELR_EL1", *(uint32_t *)taken.elr, 0xd4286420);
}

static void read_unallocated(void *unused)
{
	uint64_t value;

	(void)unused;
	__asm__ volatile("mrs %0, s2_0_c2_c0_0" : "=r"(value));
}

/* Arm ARM, "op0==0b10, Moves to and from debug and trace System registers". */
CHECK("exception.undefined.debug_register_that_is_unallocated")
{
	expect_exception(read_unallocated, 0, EL1H, EC_UNKNOWN);
}

CHECK("exception.undefined.from_el1")
{
	expect_exception(udf, 0, EL1H, EC_UNKNOWN);
	expect_equal("ESR_EL1.ISS", taken.esr & ESR_ELx_ISS, 0);
	expect_equal("ESR_EL1.IL", taken.esr & ISS_IL, ISS_IL);
	expect_equal("the instruction at ELR_EL1", *(uint32_t *)taken.elr, 0);
}

CHECK("exception.abort.read_of_unmapped")
{
	expect_abort(read, UNMAPPED_VA + 0x1230, EL1H, EC_DABT_SAME, FSC(FSC_TRANSLATION, LEVEL_1));
	expect_equal("WnR", taken.esr & ISS_ABT_WNR, 0);
}

CHECK("exception.abort.write_of_unmapped")
{
	expect_abort(write, UNMAPPED_VA, EL1H, EC_DABT_SAME, FSC(FSC_TRANSLATION, LEVEL_1));
	expect_equal("WnR", taken.esr & ISS_ABT_WNR, ISS_ABT_WNR);
}

CHECK("exception.abort.translation_level_2")
{
	/* The level 2 table of the aliases has no more blocks than those. */
	expect_abort(read, alias_of(8, target), EL1H, EC_DABT_SAME,
		     FSC(FSC_TRANSLATION, LEVEL_2));
}

CHECK("exception.abort.above_the_address_space")
{
	/* T0SZ 32: bits 63 to 32 must be 0. Level 0, as no table is read. */
	expect_exception(read, (void *)U64(0x100000000), EL1H, EC_DABT_SAME);
	expect_equal("ESR_EL1.FSC type", taken.esr & FSC_TYPE, FSC_TRANSLATION);
	expect_equal("FAR_EL1", taken.far, U64(0x100000000));
}

CHECK("exception.abort.ttbr1_walks_are_off")
{
	expect_exception(read, (void *)U64(0xffffffff00000000), EL1H, EC_DABT_SAME);
	expect_equal("ESR_EL1.FSC type", taken.esr & FSC_TYPE, FSC_TRANSLATION);
	expect_equal("FAR_EL1", taken.far, U64(0xffffffff00000000));
}

CHECK("exception.abort.write_of_read_only")
{
	read((void *)alias_of(ALIAS_READ_ONLY, target));
	expect_abort(write, alias_of(ALIAS_READ_ONLY, target), EL1H, EC_DABT_SAME,
		     FSC(FSC_PERMISSION, LEVEL_2));
	expect_equal("WnR", taken.esr & ISS_ABT_WNR, ISS_ABT_WNR);
}

CHECK("exception.abort.access_flag")
{
	expect_abort(read, alias_of(ALIAS_NOT_ACCESSED, target), EL1H, EC_DABT_SAME,
		     FSC(FSC_ACCESS_FLAG, LEVEL_2));
}

CHECK("exception.abort.elr_is_the_access")
{
	expect_abort(read, UNMAPPED_VA, EL1H, EC_DABT_SAME, FSC(FSC_TRANSLATION, LEVEL_1));
	/* ldr wN, [xM] */
	expect_equal("the instruction at ELR_EL1", *(uint32_t *)taken.elr & 0xfffffc00, 0xb9400000);
}

static void read_unaligned(void *address)
{
	write_sysreg(sctlr_el1, read_sysreg(sctlr_el1) | SCTLR_ELx_A);
	isb();
	mmio_read32((uint64_t)address);
}

CHECK("exception.abort.alignment")
{
	uint64_t control = read_sysreg(sctlr_el1), far = (uint64_t)target + 1;
	unsigned int end = attempt(read_unaligned, (void *)far, &taken);

	write_sysreg(sctlr_el1, control);
	isb();
	expect_equal("an exception", end, ATTEMPT_EXCEPTION);
	expect_equal("ESR_EL1.EC", esr_ec(taken.esr), EC_DABT_SAME);
	expect_equal("ESR_EL1.FSC", taken.esr & ISS_ABT_FSC, FSC_ALIGNMENT);
	expect_equal("FAR_EL1", taken.far, far);
}

CHECK("exception.abort.unaligned_is_fine_without_sctlr_a")
{
	target[0] = U64(0x8877665544332211);
	expect_equal("the bytes", mmio_read32((uint64_t)target + 1), 0x55443322);
}

CHECK("exception.abort.read_without_a_device")
{
	expect_abort(read, MEMORY_MAP_HOLE, EL1H, EC_DABT_SAME, FSC_EXTERNAL);
	expect_equal("WnR", taken.esr & ISS_ABT_WNR, 0);
}

CHECK("exception.abort.write_without_a_device")
{
	expect_abort(write, MEMORY_MAP_HOLE, EL1H, EC_DABT_SAME, FSC_EXTERNAL);
	expect_equal("WnR", taken.esr & ISS_ABT_WNR, ISS_ABT_WNR);
}

CHECK("exception.fetch.from_unmapped")
{
	expect_abort(jump, UNMAPPED_VA, EL1H, EC_IABT_SAME, FSC(FSC_TRANSLATION, LEVEL_1));
	expect_equal("ELR_EL1", taken.elr, UNMAPPED_VA);
}

CHECK("exception.fetch.from_never_executable")
{
	expect_abort(jump, alias_of(ALIAS_NO_EXECUTE, svc), EL1H, EC_IABT_SAME,
		     FSC(FSC_PERMISSION, LEVEL_2));
	expect_equal("ELR_EL1", taken.elr, alias_of(ALIAS_NO_EXECUTE, svc));
}

CHECK("exception.fetch.from_a_device")
{
	expect_abort(jump, UART_BASE, EL1H, EC_IABT_SAME, FSC(FSC_PERMISSION, LEVEL_1));
}

CHECK("exception.fetch.el1_from_el0_code")
{
	expect_abort(jump, alias_of(ALIAS_EL0_CODE, svc), EL1H, EC_IABT_SAME,
		     FSC(FSC_PERMISSION, LEVEL_2));
}

CHECK("exception.fetch.unaligned_pc")
{
	uint64_t address = (uint64_t)svc + 2;

	expect_exception(jump, (void *)address, EL1H, EC_PC_ALIGN);
	expect_equal("ELR_EL1", taken.elr, address);
	expect_equal("FAR_EL1", taken.far, address);
}

static void return_to_el2(void *unused)
{
	(void)unused;
	write_sysreg(spsr_el1, SPSR_M_EL2H | PSTATE_DAIF);
	write_sysreg(elr_el1, (uint64_t)svc);
	__asm__ volatile("eret" ::: "memory");
}

CHECK("exception.illegal.return_to_el2")
{
	/* PSTATE.IL is set, the level stays, and the next instruction faults. */
	expect_exception(return_to_el2, 0, EL1H, EC_ILLEGAL);
	expect_equal("ELR_EL1", taken.elr, (uint64_t)svc);
	expect_equal("SPSR_EL1.IL", taken.spsr & SPSR_IL, SPSR_IL);
}

static void use_fp(void *unused)
{
	(void)unused;
	write_sysreg(cpacr_el1, 0);
	isb();
	__asm__ volatile(".inst 0x1e622820");	/* fadd d0, d1, d2 */
}

CHECK("exception.fp.trapped_by_cpacr")
{
	expect_exception(use_fp, 0, EL1H, EC_FP);
}

/* Enter EL0 at an instruction of el0.S, with flags, and x0. */
static void el0(void *routine)
{
	el0_enter(alias_of(ALIAS_EL0_CODE, routine), alias_of(ALIAS_EL0_DATA, target),
		  SPSR_M_EL0T | PSTATE_DAIF);
}

CHECK("exception.el0.svc")
{
	expect_exception(el0, el0_svc, EL0, EC_SVC64);
	expect_equal("the immediate", taken.esr & ISS_IMM16, 0x77);
	expect_equal("SPSR_EL1.M", taken.spsr & (SPSR_M | SPSR_M_AARCH32), SPSR_M_EL0T);
	expect_equal("ELR_EL1", taken.elr, alias_of(ALIAS_EL0_CODE, el0_svc) + 4);
}

static void el0_with_flags(void *unused)
{
	(void)unused;
	el0_enter(alias_of(ALIAS_EL0_CODE, el0_svc), 0, SPSR_M_EL0T | SPSR_NZCV);
}

CHECK("exception.el0.eret_sets_the_flags")
{
	expect_exception(el0_with_flags, 0, EL0, EC_SVC64);
	expect_equal("SPSR_EL1.NZCV", taken.spsr & SPSR_NZCV, SPSR_NZCV);
	expect_equal("SPSR_EL1.DAIF", taken.spsr & PSTATE_DAIF, 0);
}

CHECK("exception.el0.brk")
{
	expect_exception(el0, el0_brk, EL0, EC_BRK64);
	expect_equal("ELR_EL1", taken.elr, alias_of(ALIAS_EL0_CODE, el0_brk));
}

CHECK("exception.el0.undefined")
{
	expect_exception(el0, el0_udf, EL0, EC_UNKNOWN);
}

CHECK("exception.el0.hvc_is_undefined")
{
	expect_exception(el0, el0_hvc, EL0, EC_UNKNOWN);
}

CHECK("exception.el0.smc_is_undefined")
{
	expect_exception(el0, el0_smc, EL0, EC_UNKNOWN);
}

CHECK("exception.el0.el1_register_is_undefined")
{
	expect_exception(el0, el0_sctlr, EL0, EC_UNKNOWN);
}

CHECK("exception.el0.ctr_traps_by_sctlr_uct")
{
	/* start.S leaves UCT 0. MRS x1, CTR_EL0. */
	expect_exception(el0, el0_ctr, EL0, EC_SYSREG);
	expect_equal("ESR_EL1.ISS", taken.esr & ESR_ELx_ISS,
		     ISS_SYS(3, 3, 0, 0, 1) | FIELD_PREP(ISS_SYS_RT, 1) | ISS_SYS_READ);
}

CHECK("exception.el0.daif_traps_by_sctlr_uma")
{
	expect_exception(el0, el0_daifset, EL0, EC_SYSREG);
}

CHECK("exception.el0.counter_traps_by_cntkctl")
{
	write_sysreg(cntkctl_el1, 0);
	isb();
	expect_exception(el0, el0_cntvct, EL0, EC_SYSREG);
}

CHECK("exception.el0.wfi_traps_by_sctlr_ntwi")
{
	/* A trap, unless an interrupt is pending: then WFI may complete, and the SVC follows. */
	expect_exception(el0, el0_wfi, EL0, EC_WFX);
	expect_equal("ESR_EL1.TI", taken.esr & ISS_WFX_TI, WFX_WFI);
}

CHECK("exception.el0.reads_and_writes_its_data")
{
	target[0] = 1;
	expect_exception(el0, el0_increment, EL0, EC_SVC64);
	expect_equal("the word", target[0], 2);
}

static void el0_reads(void *address)
{
	el0_enter(alias_of(ALIAS_EL0_CODE, el0_increment), (uint64_t)address,
		  SPSR_M_EL0T | PSTATE_DAIF);
}

CHECK("exception.el0.read_of_el1_memory")
{
	expect_abort(el0_reads, (uint64_t)target, EL0, EC_DABT_LOWER, FSC(FSC_PERMISSION, LEVEL_2));
	expect_equal("WnR", taken.esr & ISS_ABT_WNR, 0);
}

CHECK("exception.el0.write_of_read_only")
{
	expect_abort(el0_reads, alias_of(ALIAS_EL0_CODE, target), EL0, EC_DABT_LOWER,
		     FSC(FSC_PERMISSION, LEVEL_2));
	expect_equal("WnR", taken.esr & ISS_ABT_WNR, ISS_ABT_WNR);
}

CHECK("exception.el0.read_of_unmapped")
{
	expect_abort(el0_reads, UNMAPPED_VA, EL0, EC_DABT_LOWER, FSC(FSC_TRANSLATION, LEVEL_1));
}

static void el0_at(void *address)
{
	el0_enter((uint64_t)address, 0, SPSR_M_EL0T | PSTATE_DAIF);
}

CHECK("exception.el0.fetch_of_el1_code")
{
	expect_abort(el0_at, (uint64_t)el0_svc, EL0, EC_IABT_LOWER, FSC(FSC_PERMISSION, LEVEL_2));
	expect_equal("ELR_EL1", taken.elr, (uint64_t)el0_svc);
}

CHECK("exception.el0.fetch_of_unmapped")
{
	expect_abort(el0_at, UNMAPPED_VA, EL0, EC_IABT_LOWER, FSC(FSC_TRANSLATION, LEVEL_1));
}

CHECK("exception.el0.unaligned_pc")
{
	uint64_t address = alias_of(ALIAS_EL0_CODE, el0_svc) + 2;

	expect_exception(el0_at, (void *)address, EL0, EC_PC_ALIGN);
	expect_equal("FAR_EL1", taken.far, address);
}

static void raise_spi(void)
{
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
}

static void unmask(void *unused)
{
	(void)unused;
	__asm__ volatile("msr daifclr, #3" ::: "memory");
	wait_us(QUIET_US);
}

static void unmask_with_sp_el0(void *unused)
{
	static uint64_t stack[256] __attribute__((aligned(16)));

	(void)unused;
	write_sysreg(sp_el0, (uint64_t)(stack + 256));
	__asm__ volatile("msr spsel, #0\n\tmsr daifclr, #3" ::: "memory");
	wait_us(QUIET_US);
	__asm__ volatile("msr daifset, #3\n\tmsr spsel, #1" ::: "memory");
}

static void el0_unmasked(void *unused)
{
	(void)unused;
	el0_enter(alias_of(ALIAS_EL0_CODE, el0_spin), 0, SPSR_M_EL0T);
}

static void expect_interrupt(void (*function)(void *unused), unsigned int vector)
{
	expect_equal("an exception", attempt(function, 0, &taken), ATTEMPT_EXCEPTION);
	expect_equal("the vector", taken.vector, vector);
}

CHECK("exception.irq.from_el1h")
{
	raise_spi();
	expect_interrupt(unmask, VECTOR_FROM_SPX + VECTOR_IRQ);
	expect_equal("SPSR_EL1.I", taken.spsr & PSTATE_I, 0);
	expect_equal("DAIF", taken.daif & PSTATE_DAIF, PSTATE_DAIF);
}

CHECK("exception.irq.from_el1t")
{
	raise_spi();
	expect_interrupt(unmask_with_sp_el0, VECTOR_FROM_SP0 + VECTOR_IRQ);
}

CHECK("exception.irq.from_el0")
{
	raise_spi();
	expect_interrupt(el0_unmasked, VECTOR_FROM_EL0 + VECTOR_IRQ);
}

CHECK("exception.irq.masked_is_not_taken")
{
	raise_spi();
	wait_us(QUIET_US);
	expect_true("pending", gic_irq_line());
}

CHECK("exception.fiq.from_el1h")
{
	gicd_write(GICD_IGROUPR(SPI_WORD), ~SPI_BIT(SPI_FIRST));
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1 | GICD_CTLR_ENABLE_GRP0);
	gic_wait_distributor();
	write_sysreg(icc_igrpen0_el1, 1);
	isb();
	raise_spi();
	expect_interrupt(unmask, VECTOR_FROM_SPX + VECTOR_FIQ);
}
