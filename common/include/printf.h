/* SPDX-License-Identifier: MIT */
#ifndef PRINTF_H
#define PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/*
 * printf for images without a C library. Conversions: %d %i %u %x %X %p %s %c
 * %%, flags `-` and `0`, a width, a precision (or `.*`) for %s, and the lengths l, ll and
 * z. No floating point. An unknown conversion is printed unchanged.
 */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *format, va_list args);

/* Output of one character: each image (EL2, every guest) defines its own. */
void console_putc(char c);

#endif
