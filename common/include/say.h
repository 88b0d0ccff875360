/* SPDX-License-Identifier: MIT */
/*
 * What given code says: a line behind a tag, "[test] ...". The grader writes a
 * number of its own into `boot_nonce` before the first instruction; then the
 * tag shows it, and a line that was printed by heart can be told from a true one.
 */
#ifndef SAY_H
#define SAY_H

/* printf() behind "[tag] ". */
void say(const char *tag, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * What stands in a tag behind its word: " 0123456789abcdef", or nothing outside of
 * a grading. For tags that say() cannot print. Works from the first instruction on.
 */
const char *nonce_text(void);

#endif
