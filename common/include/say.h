/* SPDX-License-Identifier: MIT */
/*
 * Output of given code: lines that start with a tag, "[test] ...". The grader
 * writes a random number into `boot_nonce` before the first instruction, and the tag
 * shows it, so that a line with a fixed text cannot pass for a real one.
 */
#ifndef SAY_H
#define SAY_H

/* Print "[tag] ", then what printf() would. */
void say(const char *tag, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The rest of a tag after its word: " 0123456789abcdef", or "" when not grading.
 * For tags that say() cannot print. Works from the first instruction on.
 */
const char *nonce_text(void);

#endif
