// SPDX-License-Identifier: MIT
#include "check.h"

#include "core.h"
#include "printf.h"
#include "psci.h"

extern const struct check checks_start[], checks_end[];

_Noreturn static void fail(const char *complaint, uint64_t got, uint64_t wanted)
{
	struct core *core = this_core();

	core->complaint = complaint;
	core->got = got;
	core->wanted = wanted;
	attempt_fail();
}

void check_fail(const char *complaint)
{
	fail(complaint, 0, 0);
}

void expect_equal(const char *what, uint64_t got, uint64_t wanted)
{
	if (got != wanted)
		fail(what, got, wanted);
}

void expect_not(const char *what, uint64_t got, uint64_t unwanted)
{
	if (got == unwanted)
		fail(what, got, ~unwanted);
}

void expect_at_least(const char *what, uint64_t got, uint64_t least)
{
	if (got < least)
		fail(what, got, least);
}

void expect_true(const char *what, bool got)
{
	if (!got)
		fail(what, false, true);
}

static void report_exception(const struct taken *taken, const char *where)
{
	printf("wanted no exception, got vector %u, ESR 0x%lx, FAR 0x%lx, ELR 0x%lx%s\n",
	       taken->vector, taken->esr, taken->far, taken->elr, where);
}

/* The body of a check as attempt() wants it. */
static void run_body(void *check)
{
	cores_settle();
	check_setup();
	((const struct check *)check)->body();
}

/* Run one check and print its line. True if it is right. */
static bool run(const struct check *check)
{
	struct core *core = this_core();
	struct taken taken;
	unsigned int end;

	core->complaint = NULL;
	end = attempt(run_body, (void *)check, &taken);
	core->interrupt = NULL;
	if (end == ATTEMPT_RETURNED) {
		printf("[ok] %s\n", check->name);
		return true;
	}
	printf("[wrong] %s: ", check->name);
	if (end == ATTEMPT_EXCEPTION)
		report_exception(&taken, "");
	else if (core->stopped == ATTEMPT_EXCEPTION)
		report_exception(&core->taken, " on another core");
	else if (core->wanted == core->got)
		printf("%s\n", core->complaint);
	else
		printf("%s: wanted 0x%lx, got 0x%lx\n", core->complaint, core->wanted, core->got);
	core->stopped = ATTEMPT_RETURNED;
	return false;
}

void guest_main(void)
{
	unsigned int count = 0, wrong = 0;

	cores_find();
	for (const struct check *check = checks_start; check < checks_end; check++) {
		wrong += !run(check);
		count++;
	}
	printf("[sum] %s: cores %u, checks %u, wrong %u\n", guest_name, core_count, count, wrong);
	psci_system_off();
}
