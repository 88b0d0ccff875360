/* SPDX-License-Identifier: MIT */
/* The names of general registers for a message, from a mask. */
#ifndef REGISTER_LIST_H
#define REGISTER_LIST_H

#include <stdint.h>

#define REGISTER_LIST_SIZE	(31 * 4 + 3 + 1)
#define REGISTER_LIST_SP	31	/* the bit of SP */

/*
 * Write the names of the registers whose bits are set in `mask` into `text`: "x2 x30 SP",
 * or "none". Return the string, which is in `text`.
 */
static inline const char *register_list(char text[REGISTER_LIST_SIZE], uint32_t mask)
{
	char *end = text;

	if (!mask)
		return "none";
	for (unsigned int n = 0; n <= REGISTER_LIST_SP; n++) {
		if (!(mask >> n & 1))
			continue;
		*end++ = ' ';
		*end++ = n == REGISTER_LIST_SP ? 'S' : 'x';
		if (n >= 10 && n < REGISTER_LIST_SP)
			*end++ = '0' + n / 10;
		*end++ = n == REGISTER_LIST_SP ? 'P' : '0' + n % 10;
	}
	*end = 0;
	return text + 1;
}

#endif
