// SPDX-License-Identifier: MIT
#include "selftest.h"

#include "barrier.h"
#include "cache.h"
#include "cpu.h"
#include "hypercall.h"
#include "panic.h"
#include "say.h"
#include "smccc.h"
#include "stage2.h"
#include "string.h"
#include "sysreg_trap.h"

/* selftest.S: code for the start of the slot, position-independent. */
extern const char probe_invert[], probe_invert_end[];
extern const char probe_traps[], probe_traps_end[];
extern const char probe_calls[], probe_calls_end[];
extern const char probe_report[], probe_report_end[];

/* guest_enter() with x19 to x28 filled. Return how many of them changed. */
uint64_t enter_and_count_lost(struct vcpu *vcpu, unsigned int *reason);

static struct vcpu probe;

static const char *yes(bool fact)
{
	return fact ? "yes" : "no";
}

static uint64_t slot(void)
{
	return SLOT_ADDR(probe.vm->id);
}

static void load(const char *start, const char *end)
{
	memcpy((void *)slot(), start, end - start);
	cache_clean_invalidate((void *)slot(), end - start);
	icache_invalidate_all();
}

void selftest_begin(void)
{
	probe = (struct vcpu){ .vm = vm_create("selftest") };
	if (!probe.vm)
		panic("no VM for the self-tests");
}

void selftest_end(void)
{
	this_cpu()->loaded = NULL;
	write_sysreg(vttbr_el2, 0);
	isb();
	vm_destroy(probe.vm);
}

void selftest_vectors(void)
{
	unsigned int empty = 0;

	for (unsigned int n = 0; n < 16; n++)
		empty += *(const uint32_t *)(guest_vectors + n * 0x80) == 0;
	say("test", "guest_vectors: aligned to 2 KiB: %s, empty slots: %u\n",
	    yes(IS_ALIGNED((uint64_t)guest_vectors, 0x800)), empty);
}

static uint64_t pattern(unsigned int n)
{
	return UINT64_C(0x1111000000000000) + n * 0x0101;
}

void selftest_world_switch(void)
{
	unsigned int reason, wrong = 0, first = 0;
	uint64_t lost, before = read_sysreg(vbar_el2);

	/* Do for one entry what task 3 will set up permanently. */
	load(probe_invert, probe_invert_end);
	s2_activate(&probe.vm->s2);
	write_sysreg(vbar_el2, guest_vectors);
	write_sysreg(elr_el2, slot());
	write_sysreg(spsr_el2, PSTATE_DAIF | SPSR_M_EL1H);
	isb();

	for (unsigned int n = 0; n < 31; n++)
		probe.x[n] = pattern(n);
	lost = enter_and_count_lost(&probe, &reason);
	for (unsigned int n = 31; n-- > 0;)
		if (probe.x[n] != ~pattern(n)) {
			wrong++;
			first = n;
		}
	write_sysreg(vbar_el2, before);
	isb();

	if (wrong)
		say("test", "world switch: reason %u, EC 0x%02x, %u of 31 registers wrong, "
		    "first x%u, EL2 lost %lu\n",
		    reason, esr_ec(read_sysreg(esr_el2)), wrong, first, lost);
	else
		say("test", "world switch: reason %u, EC 0x%02x, 0 of 31 registers wrong, "
		    "EL2 lost %lu\n", reason, esr_ec(read_sysreg(esr_el2)), lost);
}

void selftest_entry(void)
{
	vcpu_start(&probe);
	entry_check(&probe);
	say("test", "first entry: everything it relies on is in place\n");
}

/* Return the result of trap_handle() for `reason`, with class `ec` in ESR_EL2. */
static enum trap_result pretend(unsigned int reason, unsigned int ec)
{
	write_sysreg(esr_el2, FIELD_PREP(ESR_ELx_EC, ec) | ESR_ELx_IL);
	return trap_handle(&probe, reason);
}

/* Enter the guest and handle one exit. */
static enum trap_result step(void)
{
	return trap_handle(&probe, guest_enter(&probe));
}

void selftest_dispatch(void)
{
	uint64_t id = ISS_SYS(3, 0, 0, 7, 0);	/* ID_AA64MMFR0_EL1 */
	uint64_t pc = slot();
	bool stopped = false;

	load(probe_traps, probe_traps_end);
	vcpu_start(&probe);
	write_sysreg(vbar_el1, slot() + 0x800);

	stopped |= step() == TRAP_STOP;
	say("test", "WFI: stepped over: %s\n", yes(read_sysreg(elr_el2) == pc + 4));
	stopped |= step() == TRAP_STOP;
	say("test", "ID register: read: %s, stepped over: %s\n",
	    yes(probe.x[1] == id_register_for_guest(id)),
	    yes(read_sysreg(elr_el2) == pc + 8));
	stopped |= step() == TRAP_STOP;
	say("test", "EL2's counter: UNDEFINED: %s, at the right vector: %s\n",
	    yes(read_sysreg(elr_el1) == pc + 8 &&
		esr_ec(read_sysreg(esr_el1)) == EC_UNKNOWN),
	    yes(read_sysreg(elr_el2) == read_sysreg(vbar_el1) + 0x200));
	say("test", "exits counted: wfx %lu, sysreg %lu; stopped: %s\n",
	    probe.exits[EC_WFX], probe.exits[EC_SYSREG], yes(stopped));
	/* The reason is not EXIT_SYNC, so ESR_EL2 must not matter. */
	stopped = pretend(EXIT_SERROR, EC_UNKNOWN) == TRAP_STOP;
	say("test", "an SError stops the VM: %s, a class without a row too: %s\n",
	    yes(stopped), yes(pretend(EXIT_SYNC, EC_COUNT - 1) == TRAP_STOP));
}

void selftest_hypercalls(void)
{
	uint64_t pc = slot();

	load(probe_calls, probe_calls_end);
	vcpu_start(&probe);
	step();
	say("test", "HVC #0, PSCI_VERSION: 0x%lx, resumes after it: %s\n",
	    probe.x[0], yes(read_sysreg(elr_el2) == pc + 12));
	step();
	say("test", "HVC #0x1234: %ld\n", (long)probe.x[0]);
	step();
	say("test", "SMC #0, PSCI_VERSION: 0x%lx, resumes after it: %s\n",
	    probe.x[0], yes(read_sysreg(elr_el2) == pc + 28));
	say("test", "PSCI SYSTEM_OFF stops the VM: %s\n",
	    yes(step() == TRAP_STOP && probe.state == VCPU_STOPPED));
}

void selftest_guest_memory(void)
{
	load(probe_report, probe_report_end);
	vcpu_start(&probe);
	step();
	say("test", "HVC #0x%x with NULL: %ld\n", HVC_TASK_REPORT,
	    (long)probe.x[0]);
}
