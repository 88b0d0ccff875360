// SPDX-License-Identifier: MIT
/*
 * Read requests from the standard input and answer each. A request is a line
 *
 *	format skew size start memory name
 *
 * with numbers in decimal, and then `size` bytes. The answer ends with a line ".".
 */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "exercise.h"

int main(void)
{
	char format[16], name[256], *line = NULL;
	uint64_t skew, size, start, memory;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		uint8_t *buffer;

		if (sscanf(line, "%15s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %255s",
			   format, &skew, &size, &start, &memory, name) != 6)
			return 2;
		/* The sanitizer knows where this ends, so not a byte more. */
		buffer = malloc(skew + size);
		if (!buffer || fread(buffer + skew, 1, size, stdin) != size)
			return 2;
		alarm(10);	/* ends a reader that does not come back */
		exercise(format, (struct blob){ buffer + skew, size }, start, memory, name, stdout);
		alarm(0);
		free(buffer);
		puts(".");
		fflush(stdout);
	}
	free(line);
	return 0;
}
