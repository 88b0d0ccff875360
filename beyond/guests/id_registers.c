// SPDX-License-Identifier: MIT
/*
 * ID registers: what a field shows works, and what it hides is UNDEFINED. One instruction stands
 * for each feature. Arm ARM, "ID_AA64ISAR0_EL1" and the other ID registers; instructions that a core
 * lacks are UNDEFINED by their own descriptions.
 *
 * Not checked: features whose instructions are hints, which do nothing without the feature (BTI,
 * DGH, PACIA of the hint space); MPAM, whose version takes two fields; features without an
 * instruction.
 */
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "psci.h"

const char guest_name[] = "id_registers";

#define RET		0xd65f03c0

static uint32_t code[2] __attribute__((aligned(64)));
static uint8_t scratch[4096] __attribute__((aligned(4096)));

/* SVE, FP and SIMD do not trap to EL1. */
void check_setup(void)
{
	write_sysreg(cpacr_el1, CPACR_EL1_FPEN | CPACR_EL1_ZEN);
	isb();
}

/* Execute the word in `code`: x0 points to `scratch`; x0 to x3 and V0 to V3 may change. */
static void execute(void *unused)
{
	register uint64_t x0 __asm__("x0") = (uint64_t)scratch;

	(void)unused;
	__asm__ volatile("blr %1" : "+r"(x0) : "r"(code) : "x1", "x2", "x3", "x30", "cc", "memory");
}

/* True if `instruction` is UNDEFINED here. The check fails on any other exception. */
static bool undefined(uint32_t instruction)
{
	code[0] = instruction;
	code[1] = RET;
	/* Instruction fetches see the new code: Arm ARM, "Caches and instruction fetch". */
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
			 :: "r"(code) : "memory");
	return is_undefined(execute);
}

/* `instruction` works if bits hi..lo of the ID register are `least` or more, and only then. */
static void expect_feature(uint64_t id, unsigned int hi, unsigned int lo, unsigned int least,
			   uint32_t instruction)
{
	bool shown = (id >> lo & ((U64(1) << (hi - lo + 1)) - 1)) >= least;

	expect_equal(shown ? "shown, but UNDEFINED" : "hidden, but not UNDEFINED",
		     undefined(instruction), !shown);
}

#define ISAR0	read_sysreg(id_aa64isar0_el1)
#define ISAR1	read_sysreg(id_aa64isar1_el1)
#define ISAR2	read_sysreg(ID_AA64ISAR2_EL1)
#define PFR0	read_sysreg(id_aa64pfr0_el1)
#define PFR1	read_sysreg(id_aa64pfr1_el1)
#define MMFR1	read_sysreg(id_aa64mmfr1_el1)
#define MMFR2	read_sysreg(S3_0_C0_C7_2)
#define DFR0	read_sysreg(id_aa64dfr0_el1)

/* A field whose highest value means "not implemented", as for FP. */
static bool implemented(uint64_t id, unsigned int lo)
{
	return (id >> lo & 0xf) != 0xf;
}

CHECK("id.isar0.aes")
{
	expect_feature(ISAR0, 7, 4, 1, 0x4e284820);	/* AESE */
}

CHECK("id.isar0.pmull")
{
	expect_feature(ISAR0, 7, 4, 2, 0x0ee2e020);	/* PMULL of 64 bits */
}

CHECK("id.isar0.sha1")
{
	expect_feature(ISAR0, 11, 8, 1, 0x5e280820);	/* SHA1H */
}

CHECK("id.isar0.sha256")
{
	expect_feature(ISAR0, 15, 12, 1, 0x5e282820);	/* SHA256SU0 */
}

CHECK("id.isar0.sha512")
{
	expect_feature(ISAR0, 15, 12, 2, 0xcec08020);	/* SHA512SU0 */
}

CHECK("id.isar0.crc32")
{
	expect_feature(ISAR0, 19, 16, 1, 0x1ac24020);	/* CRC32B */
}

CHECK("id.isar0.atomic")
{
	expect_feature(ISAR0, 23, 20, 2, 0xb8210002);	/* LDADD */
}

CHECK("id.isar0.rdm")
{
	expect_feature(ISAR0, 31, 28, 1, 0x2e428420);	/* SQRDMLAH */
}

CHECK("id.isar0.sha3")
{
	expect_feature(ISAR0, 35, 32, 1, 0xce020c20);	/* EOR3 */
}

CHECK("id.isar0.sm3")
{
	expect_feature(ISAR0, 39, 36, 1, 0xce420c20);	/* SM3SS1 */
}

CHECK("id.isar0.sm4")
{
	expect_feature(ISAR0, 43, 40, 1, 0xcec08420);	/* SM4E */
}

CHECK("id.isar0.dp")
{
	expect_feature(ISAR0, 47, 44, 1, 0x2e829420);	/* UDOT */
}

CHECK("id.isar0.fhm")
{
	expect_feature(ISAR0, 51, 48, 1, 0x0e22ec20);	/* FMLAL */
}

CHECK("id.isar0.ts_flagm")
{
	expect_feature(ISAR0, 55, 52, 1, 0xd500401f);	/* CFINV */
}

CHECK("id.isar0.ts_flagm2")
{
	expect_feature(ISAR0, 55, 52, 2, 0xd500405f);	/* AXFLAG */
}

CHECK("id.isar0.tlb_os")
{
	expect_feature(ISAR0, 59, 56, 1, 0xd508811f);	/* TLBI VMALLE1OS */
}

CHECK("id.isar0.tlb_range")
{
	expect_feature(ISAR0, 59, 56, 2, 0xd508823f);	/* TLBI RVAE1IS */
}

CHECK("id.isar0.rndr")
{
	expect_feature(ISAR0, 63, 60, 1, 0xd53b2401);	/* MRS RNDR */
}

CHECK("id.isar1.dpb")
{
	expect_feature(ISAR1, 3, 0, 1, 0xd50b7c20);	/* DC CVAP */
}

CHECK("id.isar1.dpb2")
{
	expect_feature(ISAR1, 3, 0, 2, 0xd50b7d20);	/* DC CVADP */
}

CHECK("id.isar1.jscvt")
{
	expect_feature(ISAR1, 15, 12, 1, 0x1e7e0001);	/* FJCVTZS */
}

CHECK("id.isar1.fcma")
{
	expect_feature(ISAR1, 19, 16, 1, 0x2e82e420);	/* FCADD */
}

CHECK("id.isar1.lrcpc")
{
	expect_feature(ISAR1, 23, 20, 1, 0xb8bfc001);	/* LDAPR */
}

CHECK("id.isar1.lrcpc2")
{
	expect_feature(ISAR1, 23, 20, 2, 0x99400001);	/* LDAPUR */
}

CHECK("id.isar1.frintts")
{
	expect_feature(ISAR1, 35, 32, 1, 0x1e284020);	/* FRINT32Z */
}

CHECK("id.isar1.sb")
{
	expect_feature(ISAR1, 39, 36, 1, 0xd50330ff);	/* SB */
}

CHECK("id.isar1.specres")
{
	expect_feature(ISAR1, 43, 40, 1, 0xd50b739f);	/* CFP RCTX */
}

CHECK("id.isar1.bf16")
{
	expect_feature(ISAR1, 47, 44, 1, 0x1e634020);	/* BFCVT */
}

CHECK("id.isar1.i8mm")
{
	expect_feature(ISAR1, 55, 52, 1, 0x4e82a420);	/* SMMLA */
}

CHECK("id.pfr0.sve")
{
	expect_feature(PFR0, 35, 32, 1, 0x04bf5001);	/* RDVL */
}

CHECK("id.pfr0.ras")
{
	expect_feature(PFR0, 31, 28, 1, 0xd5385301);	/* MRS ERRIDR_EL1 */
}

CHECK("id.pfr0.gic")
{
	expect_feature(PFR0, 27, 24, 1, 0xd5384601);	/* MRS ICC_PMR_EL1 */
}

CHECK("id.pfr0.amu")
{
	expect_feature(PFR0, 47, 44, 1, 0xd53bd201);	/* MRS AMCR_EL0 */
}

CHECK("id.pfr0.dit")
{
	expect_feature(PFR0, 51, 48, 1, 0xd53b42a1);	/* MRS DIT */
}

CHECK("id.pfr1.ssbs")
{
	expect_feature(PFR1, 7, 4, 2, 0xd53b42c1);	/* MRS SSBS */
}

CHECK("id.pfr1.mte")
{
	expect_feature(PFR1, 11, 8, 1, 0x9adf1001);	/* IRG */
}

CHECK("id.pfr1.nmi")
{
	expect_feature(PFR1, 39, 36, 1, 0xd5384301);	/* MRS ALLINT */
}

CHECK("id.mmfr1.pan")
{
	expect_feature(MMFR1, 23, 20, 1, 0xd500409f);	/* MSR PAN, #0 */
}

CHECK("id.mmfr1.pan2")
{
	expect_feature(MMFR1, 23, 20, 2, 0xd5087900);	/* AT S1E1RP */
}

CHECK("id.mmfr1.lo")
{
	expect_feature(MMFR1, 19, 16, 1, 0xd538a461);	/* MRS LORC_EL1 */
}

CHECK("id.mmfr2.uao")
{
	expect_feature(MMFR2, 7, 4, 1, 0xd500407f);	/* MSR UAO, #0 */
}

CHECK("id.dfr0.tracefilt")
{
	expect_feature(DFR0, 43, 40, 1, 0xd5381221);	/* MRS TRFCR_EL1 */
}

CHECK("id.dfr0.spe")
{
	expect_feature(DFR0, 35, 32, 1, 0xd5389901);	/* MRS PMSCR_EL1 */
}

CHECK("id.dfr0.brbe")
{
	expect_feature(DFR0, 55, 52, 1, 0xd5319001);	/* MRS BRBCR_EL1 */
}

CHECK("id.dfr0.trbe")
{
	expect_feature(DFR0, 47, 44, 1, 0xd5389b01);	/* MRS TRBLIMITR_EL1 */
}

CHECK("id.pfr0.fp")
{
	expect_equal("FADD is UNDEFINED", undefined(0x1e622820), !implemented(PFR0, 16));
}

CHECK("id.pfr0.fp16")
{
	bool shown = implemented(PFR0, 16) && (PFR0 >> 16 & 0xf) >= 1;

	expect_equal("FADD of halves is UNDEFINED", undefined(0x1ee22820), !shown);
}

CHECK("id.pfr0.simd")
{
	expect_equal("ADD of vectors is UNDEFINED", undefined(0x4ee28420), !implemented(PFR0, 20));
}

CHECK("id.pfr0.simd_and_fp_agree")
{
	expect_equal("AdvSIMD", PFR0 >> 20 & 0xf, PFR0 >> 16 & 0xf);
}

CHECK("id.dfr0.pmu")
{
	bool shown = (DFR0 >> 8 & 0xf) != 0 && implemented(DFR0, 8);

	expect_equal("MRS PMCR_EL0 is UNDEFINED", undefined(0xd53b9c01), !shown);
}

CHECK("id.isar1.generic_authentication")
{
	/* PACGA, by one of three algorithms: GPA, GPI, GPA3. */
	bool shown = (ISAR1 >> 24 & 0xff) != 0 || (ISAR2 >> 8 & 0xf) != 0;

	expect_equal("PACGA is UNDEFINED", undefined(0x9ac03001), !shown);
}

CHECK("id.isar1.address_authentication")
{
	/* APIAKEYLO_EL1 exists with APA, API or APA3. */
	bool shown = (ISAR1 >> 4 & 0xff) != 0 || (ISAR2 >> 12 & 0xf) != 0;

	expect_equal("MRS APIAKEYLO_EL1 is UNDEFINED", undefined(0xd5382101), !shown);
}

CHECK("id.pfr0.el1_is_aarch64")
{
	expect_at_least("EL1", PFR0 >> 4 & 0xf, 1);
	expect_at_least("EL0", PFR0 & 0xf, 1);
}

CHECK("id.space.every_register_is_readable")
{
	/* MRS x1, S3_0_C0_C<m>_<op2>: the reserved ones are RAZ, none is UNDEFINED. */
	for (unsigned int crm = 1; crm < 8; crm++)
		for (unsigned int op2 = 0; op2 < 8; op2++)
			expect_equal("UNDEFINED", undefined(0xd5380001 | crm << 8 | op2 << 5), 0);
}

CHECK("id.space.no_register_is_writable")
{
	for (unsigned int crm = 4; crm < 8; crm++)
		for (unsigned int op2 = 0; op2 < 8; op2++)
			expect_equal("UNDEFINED", undefined(0xd5180001 | crm << 8 | op2 << 5), 1);
}

CHECK("id.el2.registers_are_undefined")
{
	static const uint32_t el2[] = {
		0xd53c1101,	/* HCR_EL2 */
		0xd53c1001,	/* SCTLR_EL2 */
		0xd53c2101,	/* VTTBR_EL2 */
		0xd53c2141,	/* VTCR_EL2 */
		0xd53c6081,	/* HPFAR_EL2 */
		0xd53ce101,	/* CNTHCTL_EL2 */
		0xd53ce061,	/* CNTVOFF_EL2 */
		0xd53ccb01,	/* ICH_HCR_EL2 */
		0xd53cc801,	/* ICH_AP0R0_EL2 */
		0xd53ccc01,	/* ICH_LR0_EL2 */
	};

	for (unsigned int n = 0; n < ARRAY_SIZE(el2); n++)
		expect_equal("UNDEFINED", undefined(el2[n]), 1);
}

CHECK("id.el3.registers_are_undefined")
{
	expect_equal("SCR_EL3", undefined(0xd53e1101), 1);
	expect_equal("SCTLR_EL3", undefined(0xd53e1001), 1);
	expect_equal("ICC_CTLR_EL3", undefined(0xd53ecc81), 1);
}

CHECK("id.el2.instructions_are_undefined")
{
	expect_equal("TLBI ALLE1", undefined(0xd50c879f), 1);
	expect_equal("TLBI IPAS2E1IS, XZR", undefined(0xd50c803f), 1);
	expect_equal("AT S12E1R, x0", undefined(0xd50c7880), 1);
}


CHECK("id.mpidr.bit_31_is_1")
{
	expect_equal("RES1", read_sysreg(mpidr_el1) & MPIDR_RES1, MPIDR_RES1);
}

CHECK("id.mpidr.is_what_psci_takes")
{
	expect_equal("AFFINITY_INFO", psci(PSCI_AFFINITY_INFO | PSCI_64,
		     read_sysreg(mpidr_el1) & MPIDR_AFFINITY, 0, 0), PSCI_IS_ON);
}

CHECK("id.ctr.bit_31_is_1")
{
	expect_equal("RES1", read_sysreg(ctr_el0) & BIT(31), BIT(31));
}

CHECK("id.dczid.dc_zva_zeroes_a_block")
{
	uint64_t dczid = read_sysreg(dczid_el0), size = 4 << (dczid & 0xf);

	if (dczid & BIT(4))
		return;		/* DZP: prohibited */
	for (unsigned int n = 0; n < sizeof(scratch); n++)
		scratch[n] = 0xff;
	__asm__ volatile("dc zva, %0" :: "r"(scratch + size) : "memory");
	for (unsigned int n = 0; n < 3 * size && n < sizeof(scratch); n++)
		expect_equal("a byte", scratch[n], n >= size && n < 2 * size ? 0 : 0xff);
}

CHECK("id.clidr.each_cache_has_a_ccsidr")
{
	uint64_t clidr = read_sysreg(clidr_el1);

	for (unsigned int level = 0; level < 7; level++) {
		if (!(clidr >> 3 * level & 7))
			break;
		write_sysreg(csselr_el1, level << 1);
		isb();
		expect_not("CCSIDR_EL1", read_sysreg(ccsidr_el1), 0);
	}
	write_sysreg(csselr_el1, 0);
}

CHECK("id.currentel.is_el1")
{
	expect_equal("CurrentEL", read_sysreg(currentel), CURRENTEL_EL1);
}

/* What must be equal on all cores of a machine that shows one kind of core. */
static void read_all(void *values)
{
	uint64_t *v = values;

	v[0] = ISAR0;
	v[1] = ISAR1;
	v[2] = ISAR2;
	v[3] = PFR0;
	v[4] = PFR1;
	v[5] = MMFR1;
	v[6] = MMFR2;
	v[7] = DFR0;
	v[8] = read_sysreg(id_aa64mmfr0_el1);
	v[9] = read_sysreg(midr_el1);
	v[10] = read_sysreg(ctr_el0);
	v[11] = read_sysreg(dczid_el0);
}

CHECK("id.cores.are_alike")
{
	uint64_t first[12], other[12];

	read_all(first);
	for (unsigned int n = 1; n < core_count; n++) {
		core_run(n, read_all, other);
		for (unsigned int m = 0; m < 12; m++)
			expect_equal("an ID register", other[m], first[m]);
	}
}
