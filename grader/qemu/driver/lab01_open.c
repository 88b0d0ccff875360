// SPDX-License-Identifier: MIT
/* For the contract of the log in memory: lines as those who write and read them see them. */
#include "driver.h"

#include "barrier.h"
#include "log.h"
#include "string.h"
#include "sysreg.h"

#define JUNK	0xa5
#define MARGIN	8	/* bytes around a buffer */

/* What log_read() returns, and the memory around the buffer that it gets. */
struct reading {
	uint64_t length;
	char bytes[MARGIN + 8 + LOG_LINE_MAX + MARGIN];
};

void contract_log_setup(void);
void contract_log_write(char *lines, size_t count);
struct result contract_log_fill(const char *line, size_t count);
void contract_log_read(uint64_t number, size_t size);
void contract_log_lines(uint64_t first, size_t count);
void contract_log_timed(const char *lines, size_t count);

/*
 * With the MMU off every unaligned access should fault, because memory is Device memory.
 * Older versions of QEMU permit them, but not with SCTLR_EL2.A set.
 */
void contract_log_setup(void)
{
	write_sysreg(sctlr_el2, read_sysreg(sctlr_el2) | SCTLR_ELx_A);
	isb();
}

/* Record a reading of `size` bytes. Few buffers are aligned. */
void contract_log_read(uint64_t number, size_t size)
{
	struct reading reading;

	memset(reading.bytes, JUNK, sizeof(reading.bytes));
	reading.length = log_read(number, reading.bytes + MARGIN + number % 8, size);
	record(RECORD_WORDS, (const uint64_t *)&reading, sizeof(reading) / sizeof(uint64_t));
}

void contract_log_lines(uint64_t first, size_t count)
{
	for (size_t i = 0; i < count; i++)
		contract_log_read(first + i, LOG_LINE_MAX + 1);
}

/* Record the bounds of the log, and its oldest and its newest line. */
static void record_ends(void)
{
	uint64_t bounds[] = { log_begin(), log_end() };

	record(RECORD_WORDS, bounds, 2);
	contract_log_lines(bounds[0], 1);
	contract_log_lines(bounds[1] - 1, 1);
}

/* Write lines that follow one another in memory, and spoil them. Record the ends each time. */
void contract_log_write(char *lines, size_t count)
{
	record_ends();
	for (; count; count--) {
		size_t size = strlen(lines) + 1;

		log_write(lines);
		memset(lines, JUNK, size);
		lines += size;
		record_ends();
	}
}

struct result contract_log_fill(const char *line, size_t count)
{
	while (count--)
		log_write(line);
	return (struct result){ log_begin(), log_end() };
}

/* Call a function, and record its result and its instructions. Return the result. */
static uint64_t timed(uintptr_t function, uint64_t a, uint64_t b, uint64_t c)
{
	struct result result =
		contract_timed((uint64_t (*)(uint64_t, uint64_t, uint64_t))function, a, b, c);

	record(RECORD_WORDS, &result.x0, 2);
	return result.x0;
}

/*
 * Write lines. Time each write, then log_begin(), log_end() and readings: the oldest line,
 * one in the middle, the newest, and one that is not kept.
 */
void contract_log_timed(const char *lines, size_t count)
{
	char buffer[LOG_LINE_MAX + 1];

	for (; count; count--, lines += strlen(lines) + 1) {
		uint64_t begin, end;

		timed((uintptr_t)log_write, (uintptr_t)lines, 0, 0);
		begin = timed((uintptr_t)log_begin, 0, 0, 0);
		end = timed((uintptr_t)log_end, 0, 0, 0);
		for (int i = 0; i < 4; i++) {
			uint64_t numbers[] = { begin, begin + (end - begin) / 2, end - 1, end };

			timed((uintptr_t)log_read, numbers[i], (uintptr_t)buffer, sizeof(buffer));
		}
	}
}

const void *const lab01_open_functions[] = {
	contract_log_setup, contract_log_write, contract_log_fill, contract_log_read,
	contract_log_lines, contract_log_timed, memcpy,
};
