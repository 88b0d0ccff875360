/* SPDX-License-Identifier: MIT */
#ifndef EARLY_H
#define EARLY_H

/*
 * Print without a console, by writing to the PL011's data register. QEMU accepts
 * that without any set-up. For messages from before lab 1's console exists.
 */
void early_puts(const char *s);

/* Print a line "[tag] head tail", as say() does. */
void early_say(const char *tag, const char *head, const char *tail);

#endif
