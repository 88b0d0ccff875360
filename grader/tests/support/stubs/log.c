// SPDX-License-Identifier: MIT
#include "log.h"
void log_write(const char *line) { (void)line; }
uint64_t log_begin(void) { return 0; }
uint64_t log_end(void) { return 0; }
size_t log_read(uint64_t number, char *buffer, size_t size)
{
	(void)number, (void)buffer, (void)size;
	return LOG_GONE;
}
