// SPDX-License-Identifier: MIT
/*
 * A hyp_main() that checks memory/ on the machine, without a guest: VMs that come and go, and
 * random MAP and UNMAP against a model. ROUNDS is the number of operations; `make memory`
 * gives a million, the tests a few thousand.
 */
#include "core.h"
#include "el2_mmu.h"
#include "exception.h"
#include "frames.h"
#include "gic.h"
#include "guest.h"
#include "panic.h"
#include "printf.h"
#include "stage2.h"
#include "string.h"
#include "uart.h"
#include "vmid.h"

#define VMS		4		/* that map and unmap at the same time */
#define WINDOW		64		/* pages of a VM that operations are about */
#define BASE		U64(0x50000000)
#define QUOTA		(40 * PAGE_SIZE)
#define COMING		1000		/* VMs that are created and destroyed */
#define OWN_SIZE	(2 * BLOCK_2M + 4 * PAGE_SIZE)

extern char image_end[];

/* What the model knows: which pages of a VM's window are mapped. */
static bool mapped[VMS][WINDOW];
static struct guest *vms[VMS];
static uint64_t seed = 1;

/* A linear congruential generator; its upper bits. */
static uint32_t random_below(uint32_t n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % n;
}

static struct guest *create(unsigned int n)
{
	struct guest *guest = guest_of(vm_create("check"));

	assert(guest);
	guest->memory.lock.order = LOCK_MEMORY;
	guest->memory.quota = QUOTA;
	assert(memory_add(guest, U64(0x40000000) + n * 16 * BLOCK_2M, OWN_SIZE) == 0);
	return guest;
}

static uint64_t *page_of(struct guest *guest, uint64_t ipa)
{
	uint64_t pa;

	return s2_walk(&guest->vm.s2, ipa, &pa) ? NULL : (uint64_t *)pa;
}

static bool is_zero(const uint64_t *page, uint64_t size)
{
	for (uint64_t i = 0; i < size / 8; i++)
		if (page[i])
			return false;
	return true;
}

/* Every free frame is zero: take them all, look, and give them back. */
static void check_free_frames(void)
{
	static uint64_t taken[1 << 16];
	unsigned int count = 0;
	uint64_t before = frames_count_free(), pa;

	while (count < ARRAY_SIZE(taken) && (pa = frames_alloc(PAGE_SIZE))) {
		if (!is_zero((uint64_t *)pa, PAGE_SIZE))
			panic("the free frame at 0x%lx is not zero", pa);
		taken[count++] = pa;
	}
	while (count)
		frames_free(taken[--count], PAGE_SIZE);
	assert(frames_count_free() == before);
}

/* VMs come and go; each is loaded once, and writes all over its memory. */
static void check_coming_and_going(void)
{
	uint64_t before = frames_count_free();
	unsigned int last = 0;

	for (unsigned int n = 0; n < COMING; n++) {
		struct guest *guest = create(n % 8);
		uint64_t vttbr = vmid_load(guest);
		unsigned int vmid = FIELD_GET(VTTBR_EL2_VMID, vttbr);

		if (!vmid)
			panic("VM %u has VMID 0", n);
		if (vmid == last)
			panic("VM %u has the VMID of the one before it, %u", n, vmid);
		last = vmid;
		assert(vmid_load(guest) == vttbr);
		for (uint64_t at = 0; at < OWN_SIZE; at += PAGE_SIZE)
			*page_of(guest, guest->memory.region[0].ipa + at) = ~at;
		vmid_unload();
		vm_destroy(&guest->vm);
		if (frames_count_free() != before)
			panic("VM %u: %lu frames do not come back", n,
			      before - frames_count_free());
	}
	printf("[memory] %u VMs came and went, %lu generations of VMIDs\n", COMING,
	       vmid_generations());
	assert(vmid_generations() == 1 + (COMING - 1) / VMID_COUNT);
}

/* Two VMs that live through a new generation: one was loaded, and keeps its VMID. */
static void check_a_generation(void)
{
	struct guest *loaded = create(0), *idle = create(1);
	uint64_t generation = vmid_generations(), vttbr;

	vmid_load(idle);
	vttbr = vmid_load(loaded);
	/* Another core's loads, as this core sees them: without a change of this core's tag. */
	while (vmid_generations() == generation) {
		struct guest *guest = create(2);

		write_sysreg(tpidr_el2, &cores[1]);
		vmid_load(guest);
		write_sysreg(tpidr_el2, &cores[0]);
		vm_destroy(&guest->vm);
	}
	if (vmid_load(loaded) != vttbr)
		panic("a VM that was running has lost its VMID");
	for (unsigned int n = 0; n < VMID_COUNT; n++) {
		struct guest *guest = create(2);

		write_sysreg(tpidr_el2, &cores[1]);
		if (FIELD_GET(VTTBR_EL2_VMID, vmid_load(guest)) == loaded->vm.s2.vmid)
			panic("VMID %u is used twice", loaded->vm.s2.vmid);
		write_sysreg(tpidr_el2, &cores[0]);
		vm_destroy(&guest->vm);
		if (vmid_generations() != generation + 1)
			break;
	}
	write_sysreg(tpidr_el2, &cores[0]);
	vmid_load(idle);
	assert(idle->vm.s2.vmid != loaded->vm.s2.vmid && idle->vm.s2.vmid);
	vm_destroy(&loaded->vm);
	vm_destroy(&idle->vm);
	vmid_unload();
	printf("[memory] a VM that runs keeps its VMID\n");
}

static uint64_t ipa_of(unsigned int page)
{
	return BASE + page * PAGE_SIZE;
}

/* The mark that a VM leaves in its page. */
static uint64_t mark(unsigned int vm, unsigned int page)
{
	return U64(0xc0ffee00000000) | vm << 16 | page;
}

/* True if MAP of these pages should work: none mapped, nor next to one that is. */
static bool is_free(unsigned int vm, unsigned int first, unsigned int count)
{
	for (unsigned int page = first ? first - 1 : 0; page <= first + count; page++)
		if (page < WINDOW && mapped[vm][page])
			return false;
	return true;
}

static bool is_mapped(unsigned int vm, unsigned int first, unsigned int count)
{
	for (unsigned int page = first; page < first + count; page++)
		if (!mapped[vm][page])
			return false;
	return true;
}

static unsigned int count_mapped(unsigned int vm)
{
	unsigned int count = 0;

	for (unsigned int page = 0; page < WINDOW; page++)
		count += mapped[vm][page];
	return count;
}

static void try_map(unsigned int vm, unsigned int first, unsigned int count)
{
	int error = memory_map(vms[vm], ipa_of(first), count * PAGE_SIZE);
	bool fits = count_mapped(vm) + count <= QUOTA / PAGE_SIZE;

	if (error && error != -2 && (is_free(vm, first, count) || !fits))
		panic("MAP of a free range: %d", error);
	if (!error && (!is_free(vm, first, count) || !fits))
		panic("MAP of page %u, %u pages, should fail", first, count);
	if (error)
		return;
	for (unsigned int page = first; page < first + count; page++) {
		uint64_t *at = page_of(vms[vm], ipa_of(page));

		if (!at || !is_zero(at, PAGE_SIZE))
			panic("a new page is not there, or not zero");
		*at = mark(vm, page);
		mapped[vm][page] = true;
	}
}

static void try_unmap(unsigned int vm, unsigned int first, unsigned int count)
{
	int error = memory_unmap(vms[vm], ipa_of(first), count * PAGE_SIZE);

	if (!error && !is_mapped(vm, first, count))
		panic("UNMAP of what is not mapped");
	if (error == -4 && is_mapped(vm, first, count) && count == 1)
		panic("UNMAP of a mapped page: %d", error);
	if (error)
		return;
	for (unsigned int page = first; page < first + count; page++) {
		if (page_of(vms[vm], ipa_of(page)))
			panic("page %u is still mapped", page);
		mapped[vm][page] = false;
	}
}

/* Every page of every VM still has its own mark: no frame is shared, none was lost. */
static void check_marks(void)
{
	for (unsigned int vm = 0; vm < VMS; vm++)
		for (unsigned int page = 0; page < WINDOW; page++) {
			uint64_t *at = page_of(vms[vm], ipa_of(page));

			if (!at != !mapped[vm][page] || (at && *at != mark(vm, page)))
				panic("vm%u page %u: not what it was", vm, page);
		}
}

static void check_random_calls(void)
{
	uint64_t before = frames_count_free();

	for (unsigned int vm = 0; vm < VMS; vm++)
		vms[vm] = create(vm);
	for (unsigned int n = 0; n < CONFIG_ROUNDS; n++) {
		unsigned int vm = random_below(VMS), first = random_below(WINDOW);
		unsigned int count = 1 + random_below(MIN(6, WINDOW - first));

		if (random_below(2))
			try_map(vm, first, count);
		else
			try_unmap(vm, first, count);
		if (n % 256 == 0)
			check_marks();
	}
	check_marks();
	for (unsigned int vm = 0; vm < VMS; vm++)
		vm_destroy(&vms[vm]->vm);
	if (frames_count_free() != before)
		panic("%lu frames do not come back", before - frames_count_free());
	printf("[memory] %u random calls, nothing shared, nothing lost\n", CONFIG_ROUNDS);
}

/* A quota does not count tables, so those that UNMAP leaves empty have to come back. */
static void check_tables(void)
{
	struct guest *guest = create(0);
	uint64_t before = frames_count_free();

	for (unsigned int i = 0; i < 64; i++) {
		uint64_t ipa = U64(0x80000000) + i * U64(0x21200000);
		int error = memory_map(guest, ipa, PAGE_SIZE);

		if (!error)
			error = memory_unmap(guest, ipa, PAGE_SIZE);
		if (error)
			panic("a page at 0x%lx: %d", ipa, error);
	}
	if (frames_count_free() != before)
		panic("%lu frames are tables of nothing", before - frames_count_free());
	vm_destroy(&guest->vm);
	printf("[memory] empty tables come back\n");
}

_Noreturn void hyp_main(void)
{
	uint64_t start = ALIGN_UP((uint64_t)image_end, BLOCK_2M);

	uart_init();
	exception_init();
	el2_mmu_init();
	el2_mmu_enable();
	core_init();
	cores[1].number = 1;
	s2_init();
	frames_init(start, U64(0x48000000) - start, start, BLOCK_2M);
	check_coming_and_going();
	check_a_generation();
	check_tables();
	check_random_calls();
	check_free_frames();
	printf("[memory] all is well\n");
	power_off();
}
