/* SPDX-License-Identifier: MIT */
/*
 * Checks: a name and a body each, run in the order of the source. A body that returns is [ok]. A
 * failed expectation or an exception ends the body with [wrong], and the next check follows.
 *
 *	CHECK("gicd.typer.lines")
 *	{
 *		expect_at_least("ITLinesNumber", lines, 1);
 *	}
 *
 * Transcript: one line a check, then
 *	[sum] NAME: cores C, checks N, wrong W
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct check {
	const char *name;
	void (*body)(void);
};

/* GCC may reorder variables; clang does not. */
#if defined(__has_attribute) && __has_attribute(no_reorder)
#define CHECK_ORDER	no_reorder,
#else
#define CHECK_ORDER
#endif

#define CHECK(name)		CHECK_AT(name, __LINE__)
#define CHECK_AT(name, line)	CHECK_LINE(name, line)	/* expands __LINE__ */
#define CHECK_LINE(name, line)	CHECK_NAMED(name, check_##line)
#define CHECK_NAMED(string, id)						\
	static void id(void);						\
	static const struct check id##_entry				\
		__attribute__((CHECK_ORDER used, section(".checks"))) = { string, id }; \
	static void id(void)

/* The guest's name and what is done before each check; every guest defines both. */
extern const char guest_name[];
void check_setup(void);

/* Expectations. `what` names the value in the [wrong] line. They do not return on failure. */
void expect_equal(const char *what, uint64_t got, uint64_t wanted);
void expect_not(const char *what, uint64_t got, uint64_t unwanted);
void expect_at_least(const char *what, uint64_t got, uint64_t least);
void expect_true(const char *what, bool got);
_Noreturn void check_fail(const char *complaint);

/* The C entry of core 0; start.S. */
_Noreturn void guest_main(void);

#endif
