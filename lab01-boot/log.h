/* SPDX-License-Identifier: MIT */
/*
 * A log in memory: the last lines that were written, for a report of what came before a
 * fault. Lines are numbered from 0 on, and a number is never used again. Nothing
 * initializes the log: it is empty after reset. README.md, "Open task".
 */
#ifndef LOG_H
#define LOG_H

#include <stddef.h>
#include <stdint.h>

#define LOG_BYTES	4096	/* .data and .bss, with COMMON: the most for the sources in open/ */
#define LOG_LINE_MAX	160	/* characters of a line that are kept */
#define LOG_CAPACITY	3000	/* see log_begin() */
#define LOG_GONE	SIZE_MAX

/*
 * Append a copy of a line: any characters but a line feed, up to a NUL. Of a longer line
 * the first LOG_LINE_MAX are kept. Old lines make room, the oldest first.
 */
void log_write(const char *line);

/*
 * Return the number of the oldest line that is kept; that of the next line if there is
 * none. All later lines are kept too. The newest lines are always kept, as long as the
 * sum of (kept characters + 8) over them is at most LOG_CAPACITY.
 */
uint64_t log_begin(void);

/* Return the number of the next line. */
uint64_t log_end(void);

/*
 * Copy a line and a NUL to `buffer`, and write nothing after the NUL: at most `size` bytes,
 * so the copy of a longer line is cut, and nothing is written if `size` is 0. Any `size` is
 * valid if the line fits, even SIZE_MAX. Return the number of the line's kept characters,
 * cut or not. If the line is not kept, leave the buffer alone and return LOG_GONE.
 */
size_t log_read(uint64_t number, char *buffer, size_t size);

#endif
