// SPDX-License-Identifier: MIT
/*
 * The hypervisor's own calls: memory that a VM asks for and gives back, and the rest of the
 * vendor's services. beyond/calls/vendor.h, beyond/memory/region.h. Only in a VM.
 *
 * The description of the VM: 16 MiB from 0x40000000 on, and a quota of QUOTA bytes. Stage 1
 * maps IPAs below 0x40000000 as devices and those up to 0x42000000 as memory, so what is mapped
 * there can be used at once.
 *
 * Not checked: that a frame that came back belongs to no other VM. One VM cannot see that.
 */
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "error.h"
#include "esr.h"
#include "gicv3.h"
#include "mmio.h"
#include "platform.h"
#include "psci.h"
#include "pte.h"
#include "vendor.h"
#include "wait.h"

const char guest_name[] = "memory_calls";

#define QUOTA		U64(0x00800000)
#define RAM_END		U64(0x41000000)
#define NEW		U64(0x41400000)		/* 2 MiB aligned, in stage 1's RAM */
#define ELSEWHERE	U64(0x10000000)		/* in stage 1's devices */
#define PAGES(n)	((n) * PAGE_SIZE)
#define PATTERN		UINT32_C(0x5a5aa5a5)

static int64_t map(uint64_t ipa, uint64_t size)
{
	return psci(VENDOR_MAP, ipa, size, 0);
}

static int64_t unmap(uint64_t ipa, uint64_t size)
{
	return psci(VENDOR_UNMAP, ipa, size, 0);
}

/* Give back what a check may have left. */
void check_setup(void)
{
	for (uint64_t page = 0; page < QUOTA; page += PAGE_SIZE) {
		unmap(NEW + page, PAGE_SIZE);
		unmap(ELSEWHERE + page, PAGE_SIZE);
	}
}

static void read(void *address)
{
	mmio_read32((uint64_t)address);
}

static void write(void *address)
{
	mmio_write32((uint64_t)address, PATTERN);
}

static void expect_nothing_at(uint64_t ipa)
{
	struct taken taken;

	expect_equal("an access faults", attempt(read, (void *)ipa, &taken),
		     ATTEMPT_EXCEPTION);
	expect_equal("EC", esr_ec(taken.esr), EC_DABT_SAME);
	expect_equal("DFSC", taken.esr & ISS_ABT_FSC, FSC_EXTERNAL);
	expect_equal("FAR", taken.far, ipa);
	expect_equal("a write faults", attempt(write, (void *)ipa, &taken),
		     ATTEMPT_EXCEPTION);
	expect_equal("WnR", taken.esr & ISS_ABT_WNR, ISS_ABT_WNR);
}

static void expect_memory_at(uint64_t ipa)
{
	struct taken taken;

	expect_equal("no fault", attempt(write, (void *)ipa, &taken), ATTEMPT_RETURNED);
	expect_equal("it holds what is written", mmio_read32(ipa), PATTERN);
}

static void expect_zero(uint64_t ipa, uint64_t size)
{
	for (uint64_t at = ipa; at < ipa + size; at += 64)
		expect_equal("zero", mmio_read64(at), 0);
}

CHECK("memory.map.a_page")
{
	expect_nothing_at(NEW);
	expect_equal("MAP", map(NEW, PAGE_SIZE), 0);
	expect_zero(NEW, PAGE_SIZE);
	expect_memory_at(NEW);
	expect_nothing_at(NEW - PAGE_SIZE);
	expect_nothing_at(NEW + PAGE_SIZE);
}

CHECK("memory.map.a_block")
{
	expect_equal("MAP", map(NEW, BLOCK_2M), 0);
	expect_zero(NEW, BLOCK_2M);
	expect_memory_at(NEW);
	expect_memory_at(NEW + BLOCK_2M - 4);
	expect_nothing_at(NEW + BLOCK_2M);
}

CHECK("memory.map.pages_around_a_block")
{
	expect_equal("MAP", map(NEW - PAGES(3), BLOCK_2M + PAGES(8)), 0);
	expect_zero(NEW - PAGES(3), BLOCK_2M + PAGES(8));
	expect_memory_at(NEW - PAGES(3));
	expect_memory_at(NEW);
	expect_memory_at(NEW + BLOCK_2M + PAGES(5) - 4);
	expect_nothing_at(NEW + BLOCK_2M + PAGES(5));
	expect_equal("UNMAP", unmap(NEW - PAGES(3), BLOCK_2M + PAGES(8)), 0);
}

CHECK("memory.map.below_the_ram")
{
	expect_equal("MAP", map(ELSEWHERE, PAGES(2)), 0);
	expect_memory_at(ELSEWHERE);
	expect_memory_at(ELSEWHERE + PAGES(2) - 4);
}

CHECK("memory.map.not_aligned")
{
	expect_equal("address", map(NEW + 8, PAGE_SIZE), E_INVALID);
	expect_equal("size", map(NEW, PAGE_SIZE + 8), E_INVALID);
	expect_equal("size below a page", map(NEW, 1), E_INVALID);
	expect_nothing_at(NEW);
}

CHECK("memory.map.nothing")
{
	expect_equal("MAP", map(NEW, 0), E_INVALID);
}

CHECK("memory.map.beyond_the_address_space")
{
	expect_equal("2^48", map(BIT(48), PAGE_SIZE), E_INVALID);
	expect_equal("2^40", map(BIT(40), PAGE_SIZE), E_INVALID);
	expect_equal("across 2^40", map(BIT(40) - PAGE_SIZE, PAGES(2)), E_INVALID);
	expect_equal("it wraps around", map(~U64(0) - PAGES(2) + 1, PAGES(4)), E_INVALID);
}

CHECK("memory.map.over_the_ram")
{
	expect_equal("inside", map(RAM_BASE + PAGES(16), PAGE_SIZE), E_EXISTS);
	expect_equal("across the end", map(RAM_END - PAGE_SIZE, PAGES(2)), E_EXISTS);
	expect_equal("across the start", map(RAM_BASE - PAGE_SIZE, PAGES(2)), E_EXISTS);
}

CHECK("memory.map.a_guard_is_left")
{
	expect_equal("at the end of the RAM", map(RAM_END, PAGE_SIZE), E_EXISTS);
	expect_equal("before its start", map(RAM_BASE - PAGE_SIZE, PAGE_SIZE), E_EXISTS);
	expect_equal("a page after it", map(RAM_END + PAGE_SIZE, PAGE_SIZE), 0);
	expect_nothing_at(RAM_END);
	expect_equal("next to the new one", map(RAM_END + PAGES(2), PAGE_SIZE), E_EXISTS);
	expect_equal("UNMAP", unmap(RAM_END + PAGE_SIZE, PAGE_SIZE), 0);
}

CHECK("memory.map.twice")
{
	expect_equal("MAP", map(NEW, PAGES(2)), 0);
	expect_equal("the same", map(NEW, PAGES(2)), E_EXISTS);
	expect_equal("a part", map(NEW + PAGE_SIZE, PAGE_SIZE), E_EXISTS);
	expect_memory_at(NEW);
}

CHECK("memory.map.over_a_device")
{
	expect_equal("the UART", map(UART_BASE, PAGE_SIZE), E_EXISTS);
	expect_equal("the distributor", map(GICD_BASE + PAGES(4), PAGE_SIZE), E_EXISTS);
	expect_equal("around the UART", map(UART_BASE - PAGE_SIZE, PAGES(3)), E_EXISTS);
	expect_equal("UARTPeriphID0", mmio_read32(UART_BASE + 0xfe0) & 0xff, 0x11);
}

CHECK("memory.map.within_the_quota")
{
	expect_equal("more than the quota", map(NEW, QUOTA + PAGE_SIZE), E_NO_MEMORY);
	expect_equal("half of it", map(NEW, QUOTA / 2), 0);
	expect_equal("the other half", map(ELSEWHERE, QUOTA / 2), 0);
	expect_equal("a page more", map(ELSEWHERE + QUOTA, PAGE_SIZE), E_NO_MEMORY);
}

CHECK("memory.map.a_failure_costs_no_quota")
{
	expect_equal("over the RAM", map(RAM_BASE, QUOTA), E_EXISTS);
	expect_equal("all of it", map(ELSEWHERE, QUOTA), 0);
}

CHECK("memory.map.more_regions_than_there_are")
{
	unsigned int count = 0;
	int64_t result;

	while (!(result = map(ELSEWHERE + PAGES(2) * count, PAGE_SIZE)))
		expect_true("it ends", ++count < 64);
	expect_equal("the last one", result, E_NO_MEMORY);
	expect_at_least("regions", count, 8);
	expect_memory_at(ELSEWHERE + PAGES(2) * (count - 1));
	expect_nothing_at(ELSEWHERE + PAGES(2) * count);
}

CHECK("memory.unmap.a_page")
{
	expect_equal("MAP", map(NEW, PAGE_SIZE), 0);
	expect_memory_at(NEW);
	expect_equal("UNMAP", unmap(NEW, PAGE_SIZE), 0);
	expect_nothing_at(NEW);
}

CHECK("memory.unmap.comes_back_zero")
{
	for (unsigned int round = 0; round < 4; round++) {
		expect_equal("MAP", map(NEW, PAGES(4)), 0);
		expect_zero(NEW, PAGES(4));
		for (uint64_t at = NEW; at < NEW + PAGES(4); at += 8)
			mmio_write32(at, PATTERN);
		expect_equal("UNMAP", unmap(NEW, PAGES(4)), 0);
	}
}

CHECK("memory.unmap.part_of_a_block")
{
	expect_equal("MAP", map(NEW, BLOCK_2M), 0);
	for (uint64_t at = NEW; at < NEW + BLOCK_2M; at += PAGE_SIZE)
		mmio_write32(at, at);
	expect_equal("UNMAP", unmap(NEW + PAGES(7), PAGE_SIZE), 0);
	expect_nothing_at(NEW + PAGES(7));
	for (uint64_t at = NEW; at < NEW + BLOCK_2M; at += PAGE_SIZE)
		if (at != NEW + PAGES(7))
			expect_equal("the others keep their values", mmio_read32(at), (uint32_t)at);
	expect_equal("UNMAP before it", unmap(NEW, PAGES(7)), 0);
	expect_equal("UNMAP after it", unmap(NEW + PAGES(8), BLOCK_2M - PAGES(8)), 0);
	expect_nothing_at(NEW);
	expect_nothing_at(NEW + BLOCK_2M - 4);
}

CHECK("memory.unmap.the_ends")
{
	expect_equal("MAP", map(NEW, PAGES(3)), 0);
	expect_equal("the first page", unmap(NEW, PAGE_SIZE), 0);
	expect_equal("the last page", unmap(NEW + PAGES(2), PAGE_SIZE), 0);
	expect_nothing_at(NEW);
	expect_nothing_at(NEW + PAGES(2));
	expect_memory_at(NEW + PAGE_SIZE);
}

CHECK("memory.unmap.gives_the_quota_back")
{
	for (unsigned int round = 0; round < 3; round++) {
		expect_equal("MAP", map(ELSEWHERE, QUOTA), 0);
		expect_equal("UNMAP of a part", unmap(ELSEWHERE, QUOTA / 4), 0);
		expect_equal("MAP of that", map(NEW, QUOTA / 4), 0);
		expect_equal("UNMAP of that", unmap(NEW, QUOTA / 4), 0);
		expect_equal("UNMAP of the rest", unmap(ELSEWHERE + QUOTA / 4,
							QUOTA - QUOTA / 4), 0);
	}
}

CHECK("memory.unmap.of_the_ram")
{
	expect_equal("the last page", unmap(RAM_END - PAGE_SIZE, PAGE_SIZE), E_NOT_FOUND);
	expect_equal("all of it", unmap(RAM_BASE, RAM_END - RAM_BASE), E_NOT_FOUND);
	expect_memory_at(RAM_END - PAGE_SIZE);
}

CHECK("memory.unmap.of_nothing")
{
	expect_equal("no memory", unmap(NEW, PAGE_SIZE), E_NOT_FOUND);
	expect_equal("a device", unmap(UART_BASE, PAGE_SIZE), E_NOT_FOUND);
	expect_equal("MAP", map(NEW, PAGE_SIZE), 0);
	expect_equal("more than was mapped", unmap(NEW, PAGES(2)), E_NOT_FOUND);
	expect_memory_at(NEW);
	expect_equal("UNMAP", unmap(NEW, PAGE_SIZE), 0);
	expect_equal("a second time", unmap(NEW, PAGE_SIZE), E_NOT_FOUND);
}

CHECK("memory.unmap.not_aligned")
{
	expect_equal("MAP", map(NEW, PAGES(2)), 0);
	expect_equal("address", unmap(NEW + 4, PAGE_SIZE), E_INVALID);
	expect_equal("size", unmap(NEW, 4), E_INVALID);
	expect_equal("nothing", unmap(NEW, 0), E_INVALID);
	expect_memory_at(NEW);
}

/* Read a page again and again until it faults, on another core. */
static volatile bool has_read;

static void read_until_fault(void *address)
{
	for (;;) {
		mmio_read32((uint64_t)address);
		has_read = true;
		__asm__ volatile("yield");
	}
}

static void expect_fault_of_reader(void *address)
{
	struct taken taken;

	expect_equal("the access ends", attempt(read_until_fault, address, &taken),
		     ATTEMPT_EXCEPTION);
	expect_equal("EC", esr_ec(taken.esr), EC_DABT_SAME);
	expect_equal("DFSC", taken.esr & ISS_ABT_FSC, FSC_EXTERNAL);
}

static bool reads(void *unused)
{
	(void)unused;
	return has_read;
}

CHECK("memory.cores.a_new_page_is_everybodys")
{
	expect_equal("MAP", map(NEW, PAGE_SIZE), 0);
	core_run(1, write, (void *)NEW);
	expect_equal("what the other core wrote", mmio_read32(NEW), PATTERN);
}

/* The other core's TLB holds the translation, and that core is running: not a trap away. */
CHECK("memory.cores.unmap_reaches_a_running_core")
{
	for (unsigned int round = 0; round < 10; round++) {
		expect_equal("MAP", map(NEW, PAGE_SIZE), 0);
		has_read = false;
		core_begin(1, expect_fault_of_reader, (void *)NEW);
		expect_true("the other core reads", wait_for(reads, 0, 100000));
		expect_equal("UNMAP", unmap(NEW, PAGE_SIZE), 0);
		core_end(1);
	}
}

CHECK("memory.cores.unmap_of_a_block_reaches_a_running_core")
{
	expect_equal("MAP", map(NEW, BLOCK_2M), 0);
	has_read = false;
	core_begin(1, expect_fault_of_reader, (void *)(NEW + PAGES(5)));
	expect_true("the other core reads", wait_for(reads, 0, 100000));
	expect_equal("UNMAP", unmap(NEW + PAGES(5), PAGE_SIZE), 0);
	core_end(1);
	expect_memory_at(NEW + PAGES(4));
}

/* Both map and unmap regions of their own, at the same time. */
static void map_and_unmap(void *base)
{
	uint64_t ipa = (uint64_t)base;

	for (unsigned int round = 0; round < 50; round++) {
		expect_equal("MAP", map(ipa, PAGES(3)), 0);
		expect_memory_at(ipa + PAGES(2));
		expect_equal("UNMAP", unmap(ipa, PAGES(3)), 0);
		expect_nothing_at(ipa + PAGES(2));
	}
}

CHECK("memory.cores.both_at_once")
{
	core_begin(1, map_and_unmap, (void *)NEW);
	map_and_unmap((void *)ELSEWHERE);
	core_end(1);
}

static void map_once(void *result)
{
	*(int64_t *)result = map(NEW, PAGE_SIZE);
}

CHECK("memory.cores.one_of_two_wins")
{
	for (unsigned int round = 0; round < 20; round++) {
		int64_t theirs, mine;

		core_begin(1, map_once, &theirs);
		mine = map(NEW, PAGE_SIZE);
		core_end(1);
		expect_true("one is first, one is too late",
			    (mine == 0 && theirs == E_EXISTS) ||
			    (mine == E_EXISTS && theirs == 0));
		expect_equal("UNMAP", unmap(NEW, PAGE_SIZE), 0);
	}
}

CHECK("vendor.uid")
{
	struct psci_registers in = { .x = { VENDOR_UID } }, out;

	psci_all_registers(&in, &out);
	expect_equal("x0", out.x[0], 0x375b415c);
	expect_equal("x1", out.x[1], 0x0b4e0e8f);
	expect_equal("x2", out.x[2], 0x2b1dc4a6);
	expect_equal("x3", out.x[3], 0xf5e3907a);
}

CHECK("vendor.revision")
{
	struct psci_registers in = { .x = { VENDOR_REVISION, ~U64(0) } }, out;

	psci_all_registers(&in, &out);
	expect_equal("major", out.x[0], 1);
	expect_equal("minor", out.x[1], 0);
}

CHECK("vendor.yield_returns")
{
	for (unsigned int round = 0; round < 10; round++)
		expect_equal("YIELD", psci(VENDOR_YIELD, 0, 0, 0), 0);
}

CHECK("vendor.exits_are_counted")
{
	int64_t before = psci(VENDOR_COUNT, 0, 0, 0);

	psci(PSCI_VERSION, 0, 0, 0);
	expect_at_least("exits", psci(VENDOR_COUNT, 0, 0, 0), before + 2);
}

/* SMCCC, "Register use in AArch64 SMC and HVC calls": the function identifier is in w0. */
CHECK("vendor.bits_63_to_32_of_x0_do_not_count")
{
	struct psci_registers in = { .x = { U64(0xffffffff) << 32 | VENDOR_MAP, NEW, PAGE_SIZE } };
	struct psci_registers out;

	psci_all_registers(&in, &out);
	expect_equal("MAP", out.x[0], 0);
	expect_memory_at(NEW);
}

/* They are in w1 to w3. Here, because QEMU's own PSCI takes all of x1. */
CHECK("vendor.parameters_of_32_bit_calls_have_32_bits")
{
	uint64_t target = U64(0xabcdef00) << 32 | (cores[0].mpidr & 0xffffffff);

	expect_equal("AFFINITY_INFO", psci(PSCI_AFFINITY_INFO, target, 0, 0), 0);
}

static int64_t smc_version;

static void call_by_smc(void *unused)
{
	register uint64_t x0 __asm__("x0") = PSCI_VERSION;

	(void)unused;
	__asm__ volatile("smc #0" : "+r"(x0) :: "x1", "x2", "x3", "memory");
	smc_version = x0;
}

/* The device tree says hvc; a guest that calls the firmware all the same gets an answer. */
CHECK("vendor.smc_is_hvc")
{
	struct taken taken;

	smc_version = 0;
	expect_equal("it returns", attempt(call_by_smc, 0, &taken), ATTEMPT_RETURNED);
	expect_equal("the version", smc_version, psci(PSCI_VERSION, 0, 0, 0));
}

CHECK("vendor.unknown_numbers")
{
	expect_equal("64 bit", psci(0xc600fe00, 0, 0, 0), PSCI_NOT_SUPPORTED);
	expect_equal("32 bit MAP", psci(0x86000000, NEW, PAGE_SIZE, 0), PSCI_NOT_SUPPORTED);
	expect_nothing_at(NEW);
}

#define TRNG_VERSION		0x84000050
#define TRNG_FEATURES		0x84000051
#define TRNG_RND		0x84000053
#define TRNG_RND64		0xc4000053
#define TRNG_INVALID		(-2)

CHECK("trng.version_is_1_0_or_missing")
{
	int64_t version = psci(TRNG_VERSION, 0, 0, 0);

	expect_true("version", version == 0x10000 || version == PSCI_NOT_SUPPORTED);
	if (version > 0)
		expect_equal("FEATURES of RND", psci(TRNG_FEATURES, TRNG_RND64, 0, 0), 0);
	expect_equal("FEATURES of another", psci(TRNG_FEATURES, 0x84000057, 0, 0),
		     PSCI_NOT_SUPPORTED);
}

CHECK("trng.only_the_bits_that_were_asked_for")
{
	struct psci_registers in = { .x = { TRNG_RND64, 65, ~U64(0), ~U64(0) } }, out;

	if (psci(TRNG_VERSION, 0, 0, 0) < 0)
		return;
	psci_all_registers(&in, &out);
	expect_equal("x0", out.x[0], 0);
	expect_equal("x1", out.x[1], 0);
	expect_equal("x2 above bit 0", out.x[2] & ~U64(1), 0);
	expect_not("x3", out.x[3], 0);
	expect_equal("more than 192 bits", psci(TRNG_RND64, 193, 0, 0), TRNG_INVALID);
	expect_equal("no bits", psci(TRNG_RND64, 0, 0, 0), TRNG_INVALID);
	expect_equal("more than 96 bits", psci(TRNG_RND, 97, 0, 0), TRNG_INVALID);
}

#define BLOCKS	3

static volatile bool over;

/* The last page of each block. */
static void use_last_pages(void *unused)
{
	(void)unused;
	while (!over)
		for (unsigned int n = 1; n <= BLOCKS; n++) {
			uint64_t page = NEW + n * BLOCK_2M - PAGE_SIZE;

			mmio_write32(page, PATTERN);
			expect_equal("it holds what is written", mmio_read32(page), PATTERN);
		}
}

/* Blocks are split while another core uses pages that stay. */
CHECK("memory.unmap.the_rest_of_a_block_stays_for_others")
{
	over = false;
	expect_equal("MAP", map(NEW, BLOCKS * BLOCK_2M), 0);
	core_begin(1, use_last_pages, 0);
	for (unsigned int n = 0; n < BLOCKS; n++) {
		wait_us(20);
		expect_equal("UNMAP", unmap(NEW + n * BLOCK_2M, PAGE_SIZE), 0);
	}
	over = true;
	core_end(1);
}
