// SPDX-License-Identifier: MIT
/*
 * PSCI 1.1 and SMCCC by HVC on one core. Arm DEN 0022, "Function prototypes" and "Return error
 * codes"; DEN 0028, "Unknown Function Identifier", "Register use".
 *
 * Not checked:
 * - that bits 63 to 32 of x0 are ignored, as DEN 0028 says: QEMU compares all 64;
 * - INVALID_ADDRESS, which an implementation may return, and levels above 3 of AFFINITY_INFO;
 * - which power states CPU_SUSPEND knows: state 0 may be a standby state or INVALID_PARAMETERS;
 * - a CPU_SUSPEND that has to wait: QEMU 8.2 with -icount never returns from it;
 * - SYSTEM_RESET, as it begins the guest again. SYSTEM_OFF ends every guest.
 */
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"
#include "psci.h"
#include "wait.h"

const char guest_name[] = "psci";

#define NO_SUCH_CORE	U64(0x00003f3f3f)	/* Aff0 63 in cluster 63.63 */

void check_setup(void)
{
	gic_reset();
}

/* Expect `function` to be NOT_SUPPORTED, and PSCI_FEATURES to say so as well if it is of PSCI. */
static void expect_unknown(uint32_t function)
{
	expect_equal("the call", psci(function, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

CHECK("psci.version.is_1_1_or_later")
{
	int64_t version = psci(PSCI_VERSION, 0, 0, 0);

	expect_true("not negative", version >= 0);
	expect_at_least("PSCI_VERSION", version, PSCI_VERSION_1_1);
	expect_equal("major", version >> 16, 1);
}

CHECK("psci.version.ignores_arguments")
{
	expect_equal("PSCI_VERSION", psci(PSCI_VERSION, ~U64(0), ~U64(0), ~U64(0)),
		     psci(PSCI_VERSION, 0, 0, 0));
}

static void expect_feature(uint32_t function)
{
	int64_t flags = psci(PSCI_FEATURES, function, 0, 0);

	expect_true("PSCI_FEATURES is not negative", flags >= 0);
	expect_true("only CPU_SUSPEND has flags", flags == 0 ||
		    (function & ~PSCI_64) == PSCI_CPU_SUSPEND);
}

CHECK("psci.features.version")
{
	expect_feature(PSCI_VERSION);
}

CHECK("psci.features.features")
{
	expect_feature(PSCI_FEATURES);
}

CHECK("psci.features.cpu_on")
{
	expect_feature(PSCI_CPU_ON);
	expect_feature(PSCI_CPU_ON | PSCI_64);
}

CHECK("psci.features.cpu_off")
{
	expect_feature(PSCI_CPU_OFF);
}

CHECK("psci.features.cpu_suspend")
{
	expect_feature(PSCI_CPU_SUSPEND);
	expect_feature(PSCI_CPU_SUSPEND | PSCI_64);
	/* Bit 1: the extended format of power_state. Bit 0: OS-initiated mode. */
	expect_equal("reserved flags", psci(PSCI_FEATURES, PSCI_CPU_SUSPEND, 0, 0) & ~3, 0);
}

CHECK("psci.features.affinity_info")
{
	expect_feature(PSCI_AFFINITY_INFO);
	expect_feature(PSCI_AFFINITY_INFO | PSCI_64);
}

CHECK("psci.features.system_off_and_reset")
{
	expect_feature(PSCI_SYSTEM_OFF);
	expect_feature(PSCI_SYSTEM_RESET);
}

CHECK("psci.features.unknown_functions")
{
	static const uint32_t unknown[] = { 0x8400001e, 0x84000fff, 0xc4000fff, 0x80001234, 0 };

	for (unsigned int n = 0; n < ARRAY_SIZE(unknown); n++)
		expect_equal("PSCI_FEATURES", psci(PSCI_FEATURES, unknown[n], 0, 0),
			     PSCI_NOT_SUPPORTED);
}

CHECK("psci.features.no_64_bit_form_of_32_bit_functions")
{
	static const uint32_t only_32[] = {
		PSCI_VERSION, PSCI_CPU_OFF, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES,
	};

	for (unsigned int n = 0; n < ARRAY_SIZE(only_32); n++)
		expect_equal("PSCI_FEATURES", psci(PSCI_FEATURES, only_32[n] | PSCI_64, 0, 0),
			     PSCI_NOT_SUPPORTED);
}

CHECK("psci.unknown.64_bit_version")
{
	expect_unknown(PSCI_VERSION | PSCI_64);
}

CHECK("psci.unknown.64_bit_features")
{
	expect_unknown(PSCI_FEATURES | PSCI_64);
}

CHECK("psci.unknown.reserved_numbers")
{
	expect_unknown(0x8400001e);
	expect_unknown(0x84000fff);
	expect_unknown(0xc4000fff);
}

CHECK("psci.affinity_info.own_core_is_on")
{
	expect_equal("64 bit", psci(PSCI_AFFINITY_INFO | PSCI_64, cores[0].mpidr, 0, 0), PSCI_IS_ON);
	expect_equal("32 bit", psci(PSCI_AFFINITY_INFO, cores[0].mpidr, 0, 0), PSCI_IS_ON);
}

CHECK("psci.affinity_info.no_such_core")
{
	expect_equal("64 bit", psci(PSCI_AFFINITY_INFO | PSCI_64, NO_SUCH_CORE, 0, 0),
		     PSCI_INVALID_PARAMETERS);
	expect_equal("32 bit", psci(PSCI_AFFINITY_INFO, NO_SUCH_CORE, 0, 0),
		     PSCI_INVALID_PARAMETERS);
}

CHECK("psci.affinity_info.aff3_counts")
{
	expect_equal("Aff3 7", psci(PSCI_AFFINITY_INFO | PSCI_64,
		     cores[0].mpidr ^ U64(7) << 32, 0, 0), PSCI_INVALID_PARAMETERS);
}

CHECK("psci.affinity_info.mpidr_bit_31_is_no_affinity")
{
	expect_equal("MPIDR_EL1 with RES1 bit", psci(PSCI_AFFINITY_INFO | PSCI_64,
		     cores[0].mpidr | MPIDR_RES1, 0, 0), PSCI_INVALID_PARAMETERS);
}

CHECK("psci.affinity_info.levels_above_0_are_optional")
{
	int64_t state = psci(PSCI_AFFINITY_INFO | PSCI_64, cores[0].mpidr, 1, 0);

	expect_true("ON or INVALID_PARAMETERS", state == PSCI_IS_ON ||
		    state == PSCI_INVALID_PARAMETERS);
}

CHECK("psci.cpu_on.own_core")
{
	expect_equal("64 bit", psci(PSCI_CPU_ON | PSCI_64, cores[0].mpidr,
		     (uint64_t)secondary_start, 0), PSCI_ALREADY_ON);
	expect_equal("32 bit", psci(PSCI_CPU_ON, cores[0].mpidr, (uint64_t)secondary_start, 0),
		     PSCI_ALREADY_ON);
}

CHECK("psci.cpu_on.no_such_core")
{
	expect_equal("64 bit", psci(PSCI_CPU_ON | PSCI_64, NO_SUCH_CORE,
		     (uint64_t)secondary_start, 0), PSCI_INVALID_PARAMETERS);
	expect_equal("32 bit", psci(PSCI_CPU_ON, NO_SUCH_CORE, (uint64_t)secondary_start, 0),
		     PSCI_INVALID_PARAMETERS);
}

CHECK("psci.cpu_on.mpidr_bit_31_is_no_affinity")
{
	expect_equal("MPIDR_EL1 with RES1 bit", psci(PSCI_CPU_ON | PSCI_64,
		     cores[0].mpidr | MPIDR_RES1, (uint64_t)secondary_start, 0),
		     PSCI_INVALID_PARAMETERS);
}

CHECK("psci.cpu_on.aff1_to_aff3_count")
{
	for (unsigned int shift = 8; shift <= 32; shift += shift == 16 ? 16 : 8)
		expect_equal("another cluster", psci(PSCI_CPU_ON | PSCI_64,
			     cores[0].mpidr ^ U64(0x70) << shift, (uint64_t)secondary_start, 0),
			     PSCI_INVALID_PARAMETERS);
}

/* Enter standby state 0 with the virtual timer's interrupt pending, which ends it. */
static void suspend(uint32_t function)
{
	int64_t result;

	gic_enable(PPI_VTIMER, PRIORITY);
	write_sysreg(cntv_tval_el0, wait_ticks(20));
	write_sysreg(cntv_ctl_el0, CNT_CTL_ENABLE);
	isb();
	expect_true("IRQ line", gic_irq_line());
	result = psci(function, 0, (uint64_t)secondary_start, 0);
	if (result == PSCI_SUCCESS)
		expect_equal("INTID", gic_acknowledge(), PPI_VTIMER);
	write_sysreg(cntv_ctl_el0, 0);
	isb();
	expect_true("SUCCESS or INVALID_PARAMETERS", result == PSCI_SUCCESS ||
		    result == PSCI_INVALID_PARAMETERS);
	if (result == PSCI_SUCCESS)
		gic_end(PPI_VTIMER);
}

CHECK("psci.cpu_suspend.standby_32")
{
	suspend(PSCI_CPU_SUSPEND);
}

CHECK("psci.cpu_suspend.standby_64")
{
	suspend(PSCI_CPU_SUSPEND | PSCI_64);
}

CHECK("psci.cpu_suspend.pending_interrupt_ends_it")
{
	gic_enable(SPI_FIRST, PRIORITY);
	gic_pend(SPI_FIRST);
	expect_true("IRQ line", gic_irq_line());
	psci(PSCI_CPU_SUSPEND, 0, (uint64_t)secondary_start, 0);
	expect_equal("INTID", gic_acknowledge(), SPI_FIRST);
	gic_end(SPI_FIRST);
}

CHECK("psci.cpu_suspend.reserved_bits")
{
	int64_t flags = psci(PSCI_FEATURES, PSCI_CPU_SUSPEND, 0, 0);

	/* Bit 31 is reserved in both formats; 23 to 17 in the original one. */
	expect_equal("bit 31", psci(PSCI_CPU_SUSPEND, BIT(31), 0, 0), PSCI_INVALID_PARAMETERS);
	if (!(flags & 2))
		expect_equal("bit 20", psci(PSCI_CPU_SUSPEND, BIT(20), 0, 0),
			     PSCI_INVALID_PARAMETERS);
}

CHECK("psci.migrate.agrees_with_its_type")
{
	int64_t type = psci(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0);

	/* 2: no trusted OS to migrate; or the function is missing, which means the same. */
	expect_true("2 or NOT_SUPPORTED", type == 2 || type == PSCI_NOT_SUPPORTED);
	expect_equal("MIGRATE", psci(PSCI_MIGRATE, 0, 0, 0), PSCI_NOT_SUPPORTED);
	expect_equal("MIGRATE, 64 bit", psci(PSCI_MIGRATE | PSCI_64, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

CHECK("smccc.version.is_what_features_says")
{
	int64_t version = psci(SMCCC_VERSION, 0, 0, 0);

	/* Without the function the convention is 1.0: DEN 0028, "SMCCC_VERSION". */
	if (psci(PSCI_FEATURES, SMCCC_VERSION, 0, 0) < 0)
		expect_equal("SMCCC_VERSION", version, SMCCC_NOT_SUPPORTED);
	else
		expect_at_least("SMCCC_VERSION", version, SMCCC_VERSION_1_1);
}

CHECK("smccc.arch_features.knows_itself_or_is_missing")
{
	int64_t known = psci(SMCCC_ARCH_FEATURES, SMCCC_VERSION, 0, 0);

	if (psci(SMCCC_VERSION, 0, 0, 0) < 0) {
		expect_equal("SMCCC_ARCH_FEATURES", known, SMCCC_NOT_SUPPORTED);
		return;
	}
	expect_true("SMCCC_VERSION is there", known >= 0);
	expect_equal("an unknown function", psci(SMCCC_ARCH_FEATURES, 0x8000fffe, 0, 0),
		     SMCCC_NOT_SUPPORTED);
}

CHECK("smccc.unknown.architecture_calls")
{
	expect_unknown(0x8000fffe);
	expect_unknown(0xc000fffe);
}

CHECK("smccc.unknown.cpu_service_calls")
{
	expect_unknown(0x81000001);
	expect_unknown(0xc1000001);
}

CHECK("smccc.unknown.sip_service_calls")
{
	expect_unknown(0x82000fff);
	expect_unknown(0xc2000fff);
}

CHECK("smccc.unknown.oem_service_calls")
{
	expect_unknown(0x83000001);
	expect_unknown(0xc3000001);
}

CHECK("smccc.unknown.standard_hypervisor_calls")
{
	expect_unknown(0x85000001);
	expect_unknown(0xc5000001);
}

CHECK("smccc.unknown.vendor_hypervisor_calls")
{
	expect_unknown(0x8600fffe);
	expect_unknown(0xc600fffe);
}

CHECK("smccc.unknown.reserved_owners")
{
	expect_unknown(0x87000000);
	expect_unknown(0xaf000000);
}

CHECK("smccc.unknown.trusted_os_calls")
{
	expect_unknown(0xb0000000);
	expect_unknown(0xf200fffe);
	expect_unknown(0xbf00fffe);
}

CHECK("smccc.unknown.yielding_calls")
{
	expect_unknown(0x02000000);
	expect_unknown(0x42000000);
	expect_unknown(PSCI_VERSION & 0x7fffffff);
}

/* SMCCC, "Fast Calls": bits 23 to 17 must be zero. */
CHECK("smccc.unknown.reserved_bits")
{
	expect_unknown(PSCI_VERSION | 1 << 17);
	expect_unknown(PSCI_VERSION | 1 << 23);
}

static void expect_preserved(uint32_t function, unsigned int first, unsigned int last)
{
	static struct psci_registers in, out;

	for (unsigned int n = 1; n < 31; n++)
		in.x[n] = U64(0x5a5a5a5a00000000) + n * U64(0x0101010101);
	in.x[0] = function;
	psci_all_registers(&in, &out);
	for (unsigned int n = first; n <= last; n++)
		expect_equal("a register", out.x[n], in.x[n]);
}

CHECK("smccc.registers.x18_to_x30_are_preserved")
{
	expect_preserved(PSCI_VERSION, 18, 30);
}

CHECK("smccc.registers.an_unknown_call_preserves_them")
{
	expect_preserved(0x8400001e, 18, 30);
}

CHECK("smccc.registers.x4_to_x17_are_preserved_from_1_1_on")
{
	if (psci(SMCCC_VERSION, 0, 0, 0) >= SMCCC_VERSION_1_1)
		expect_preserved(PSCI_VERSION, 4, 17);
	expect_preserved(PSCI_AFFINITY_INFO, 18, 30);
}

CHECK("smccc.registers.el1_state_is_preserved")
{
	uint64_t sp_el0 = read_sysreg(sp_el0), daif = read_sysreg(daif);

	write_sysreg(sp_el0, U64(0x123456789abcdef0));
	write_sysreg(tpidr_el0, U64(0xfedcba9876543210));
	psci(PSCI_VERSION, 0, 0, 0);
	expect_equal("SP_EL0", read_sysreg(sp_el0), U64(0x123456789abcdef0));
	expect_equal("TPIDR_EL0", read_sysreg(tpidr_el0), U64(0xfedcba9876543210));
	expect_equal("DAIF", read_sysreg(daif), daif);
	write_sysreg(sp_el0, sp_el0);
}
