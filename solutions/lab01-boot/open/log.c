// SPDX-License-Identifier: MIT
/*
 * The log as a ring of characters. A second ring has the place where each line starts. A
 * line ends where the next one starts, so the text has neither lengths nor terminators.
 *
 * A line uses LINE_COST of the capacity besides its characters. This bounds the number of
 * lines, and also how many old ones a write has to drop, even if they are all empty.
 */
#include "log.h"

#define LINE_COST	8
#define STARTS		(LOG_CAPACITY / LINE_COST + 1)	/* of all kept lines and the next one */

static char text[LOG_CAPACITY];
static uint16_t starts[STARTS];		/* of line n: starts[n % STARTS] */
static uint64_t oldest, next;		/* lines */
static size_t used;			/* at most LOG_CAPACITY */

_Static_assert(sizeof(text) + sizeof(starts) + sizeof(oldest) + sizeof(next) + sizeof(used)
	       <= LOG_BYTES, "log.h promises this");

static size_t after(size_t place)
{
	return place + 1 < sizeof(text) ? place + 1 : 0;
}

/* The text is never full, so two equal places are an empty line. */
static size_t length_of(uint64_t number)
{
	size_t start = starts[number % STARTS], end = starts[(number + 1) % STARTS];

	return end >= start ? end - start : end + sizeof(text) - start;
}

void log_write(const char *line)
{
	size_t length = 0, place = starts[next % STARTS];

	while (length < LOG_LINE_MAX && line[length])
		length++;
	for (used += length + LINE_COST; used > LOG_CAPACITY; oldest++)
		used -= length_of(oldest) + LINE_COST;
	for (size_t i = 0; i < length; i++, place = after(place))
		text[place] = line[i];
	next++;
	starts[next % STARTS] = place;
}

uint64_t log_begin(void)
{
	return oldest;
}

uint64_t log_end(void)
{
	return next;
}

size_t log_read(uint64_t number, char *buffer, size_t size)
{
	size_t length, place, copied = 0;

	if (number < oldest || number >= next)
		return LOG_GONE;
	length = length_of(number);
	place = starts[number % STARTS];
	for (; copied < length && copied + 1 < size; copied++, place = after(place))
		buffer[copied] = text[place];
	if (size)
		buffer[copied] = '\0';
	return length;
}
