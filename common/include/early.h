/* SPDX-License-Identifier: MIT */
#ifndef EARLY_H
#define EARLY_H

/*
 * Print without a console: the PL011's data register, written with no set-up,
 * which QEMU takes. For what must be said before lab 1's console exists.
 */
void early_puts(const char *s);

/* "[tag] head tail", a line, as say() would print it. */
void early_say(const char *tag, const char *head, const char *tail);

#endif
