// SPDX-License-Identifier: MIT
#include "driver.h"

#include "barrier.h"
#include "exception.h"
#include "panic.h"
#include "say.h"
#include "sysreg.h"
#include "uart.h"

#define ARGUMENTS		8
#define NS_PER_INSTRUCTION	8	/* common/make/qemu.args: -icount shift=3 */

/*
 * One call. Argument n is value[n], plus the result of call from[n] - 1 if that
 * is not 0. A function that needs fewer ignores the rest.
 */
struct call {
	uint64_t function;
	uint64_t value[ARGUMENTS];
	uint32_t from[ARGUMENTS];
};

_Static_assert(offsetof(struct call, value) == 8 &&
	       offsetof(struct call, from) == 8 + 8 * ARGUMENTS &&
	       sizeof(struct call) == 8 + 12 * ARGUMENTS,
	       "grader/qemu/call_script.py writes this layout");

struct script {
	uint64_t count;
	struct call calls[];
};

struct log {
	uint64_t used;		/* words, in whole records */
	uint64_t words[];
};

/* noinline, so that its entry marks the end of a call in a trace. */
__attribute__((noinline)) void record(enum record kind, const uint64_t *words, size_t count)
{
	struct log *log = (struct log *)LOG_BASE;
	uint64_t *to = &log->words[log->used];

	if ((uint64_t)(to + 1 + count) > LOG_END)
		panic("the log of the script is full");
	*to++ = (uint64_t)kind << 32 | count;
	for (size_t i = 0; i < count; i++)
		to[i] = words[i];
	log->used += 1 + count;
}

uint64_t contract_load(const uint64_t *address)
{
	return *address;
}

void contract_store(uint64_t *address, uint64_t value)
{
	*address = value;
}

void contract_read(const uint64_t *address, size_t count)
{
	record(RECORD_WORDS, address, count);
}

struct result contract_pair(uint64_t x0, uint64_t x1)
{
	return (struct result){ x0, x1 };
}

uint64_t contract_ns(uint64_t ticks)
{
	return ticks * 1000000000 / *(const uint64_t *)COUNTER_HZ;
}

struct result contract_timed(uint64_t (*function)(uint64_t a, uint64_t b, uint64_t c),
			     uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t start, end, x0;

	isb();
	start = read_sysreg(cntpct_el0);
	isb();
	x0 = function(a, b, c);
	isb();
	end = read_sysreg(cntpct_el0);
	return (struct result){ x0, contract_ns(end - start) / NS_PER_INSTRUCTION };
}

/*
 * Called between two calls, with the result of the last one, the number of words in the
 * log, a digest of those it added, and the next call. Does nothing. QEMU logs its return
 * with these registers, and each return of a called function: qemu/call_script.py trusts
 * only those, not memory, which the called functions can write.
 */
void script_turn(uint64_t x0, uint64_t x1, uint64_t used, uint64_t digest,
		 uint64_t function, uint64_t arguments);
__asm__(".pushsection .text.script_turn, \"ax\"\n"
	".global script_turn\n"
	".type script_turn, %function\n"
	"script_turn: ret\n"
	".size script_turn, . - script_turn\n"
	".popsection");

/* The sum of the sums of the first 1, 2, ... words. */
static uint64_t digest_of(const uint64_t *words, size_t count)
{
	uint64_t sum = 0, digest = 0;

	for (size_t i = 0; i < count; i++) {
		sum += words[i];
		digest += sum;
	}
	return digest;
}

/* Compute the arguments of a call, with results of earlier calls added. */
static void prepare(const struct call *call, uint64_t x[ARGUMENTS])
{
	const uint64_t *results = (const uint64_t *)RESULTS_BASE;

	for (size_t i = 0; i < ARGUMENTS; i++)
		x[i] = call->value[i] +
		       (call->from[i] ? results[call->from[i] - 1] : 0);
}

const void *const main_functions[] = {
	contract_load, contract_store, contract_read, contract_pair, contract_timed,
};

_Noreturn void hyp_main(void)
{
	const struct script *script = (const struct script *)SCRIPT_BASE;
	const struct log *log = (const struct log *)LOG_BASE;
	struct result result = { 0, 0 };
	uint64_t used = 0;

	*(uint64_t *)COUNTER_HZ = read_sysreg(cntfrq_el0);
	uart_init();
	exception_init();
	say("boot", "a script of %lu calls\n", script->count);
	for (uint64_t i = 0; ; i++) {
		uint64_t x[ARGUMENTS] = { 0 };
		struct result (*function)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
					  uint64_t, uint64_t, uint64_t) = NULL;

		if (i < script->count) {
			prepare(&script->calls[i], x);
			function = (__typeof__(function))script->calls[i].function;
		}
		script_turn(result.x0, result.x1, log->used,
			    digest_of(log->words + used, log->used - used),
			    (uint64_t)function, digest_of(x, ARGUMENTS));
		if (!function)
			power_off();
		used = log->used;
		result = function(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]);
		((uint64_t *)RESULTS_BASE)[i] = result.x0;
		record(RECORD_RETURN, &result.x0, 2);
	}
}
