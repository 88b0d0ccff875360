// SPDX-License-Identifier: MIT
/* printf, for EL2 and for guests. printf.h lists what it supports. */
#include "printf.h"

#include <stdbool.h>
#include <stdint.h>

#include "string.h"

struct spec {
	bool left;	/* `-`: padded on the right */
	char pad;	/* ' ' or '0' */
	int width;
	int precision;	/* of a string; -1 for all of it */
};

static int emit_padded(const char *text, int length, const struct spec *spec)
{
	int pad = spec->width > length ? spec->width - length : 0;
	int total = length + pad;

	if (!spec->left)
		for (; pad > 0; pad--)
			console_putc(spec->pad);
	for (; length > 0; length--)
		console_putc(*text++);
	for (; pad > 0; pad--)
		console_putc(' ');
	return total;
}

static int emit_number(uint64_t value, bool negative, unsigned int base,
		       bool upper, struct spec *spec)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	char *p = text + sizeof(text);
	int sign = 0;

	do
		*--p = digits[value % base];
	while ((value /= base) != 0);

	if (negative && spec->pad == '0' && !spec->left) {
		console_putc('-');	/* the sign goes before the zeros */
		spec->width--;
		sign = 1;
	} else if (negative) {
		*--p = '-';
	}
	return sign + emit_padded(p, text + sizeof(text) - p, spec);
}

static int emit_string(const char *text, struct spec *spec)
{
	int length = 0;

	if (!text)
		text = "(null)";
	while (text[length] && length != spec->precision)
		length++;
	spec->pad = ' ';
	return emit_padded(text, length, spec);
}

int vprintf(const char *format, va_list args)
{
	int total = 0;

	for (const char *p = format; *p; p++) {
		struct spec spec = { .pad = ' ', .precision = -1 };
		const char *start = p;
		int longs = 0;
		int64_t value;

		if (*p != '%') {
			console_putc(*p);
			total++;
			continue;
		}
		for (p++; *p == '-' || *p == '0'; p++) {
			if (*p == '-')
				spec.left = true;
			else
				spec.pad = '0';
		}
		for (; *p >= '0' && *p <= '9'; p++)
			spec.width = spec.width * 10 + (*p - '0');
		if (p[0] == '.' && p[1] == '*') {
			spec.precision = va_arg(args, int);
			p += 2;
		} else if (*p == '.') {
			for (p++, spec.precision = 0; *p >= '0' && *p <= '9'; p++)
				spec.precision = spec.precision * 10 + (*p - '0');
		}
		for (; *p == 'l' || *p == 'z'; p++)
			longs++;

		switch (*p) {
		case 'd':
		case 'i':
			value = longs ? va_arg(args, int64_t) : va_arg(args, int);
			total += emit_number(value < 0 ? -(uint64_t)value :
							 (uint64_t)value,
					     value < 0, 10, false, &spec);
			break;
		case 'u':
		case 'x':
		case 'X':
			value = longs ? va_arg(args, uint64_t) :
					va_arg(args, unsigned int);
			total += emit_number(value, false, *p == 'u' ? 10 : 16,
					     *p == 'X', &spec);
			break;
		case 'p':
			console_putc('0');
			console_putc('x');
			total += 2 + emit_number((uint64_t)va_arg(args, void *),
						 false, 16, false, &spec);
			break;
		case 's':
			total += emit_string(va_arg(args, const char *), &spec);
			break;
		case 'c':
			console_putc(va_arg(args, int));
			total++;
			break;
		case '%':
			console_putc('%');
			total++;
			break;
		default:
			/* Unknown or cut off: print it unchanged. */
			for (; start < p; start++, total++)
				console_putc(*start);
			if (!*p)
				return total;
			console_putc(*p);
			total++;
		}
	}
	return total;
}

int printf(const char *format, ...)
{
	va_list args;
	int total;

	va_start(args, format);
	total = vprintf(format, args);
	va_end(args);
	return total;
}
