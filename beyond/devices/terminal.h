/* SPDX-License-Identifier: MIT */
/*
 * The host's terminal, EL2's own PL011, for several VMs. Whole lines are printed with the VM's
 * prefix, so no line of a VM can pass for one of EL2's or of another VM.
 *
 * If it is interactive (INTERACTIVE=1), it belongs to one VM at a time, whose characters are
 * shown as they come and who gets what is typed. Ctrl-A and a digit give it to that VM;
 * Ctrl-A twice types one Ctrl-A.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

struct guest;

/* Take over the UART's receive interrupt, on this core, if it is interactive. Once. */
void terminal_init(void);

/* The handler of that interrupt: pass what was typed to the owner. */
void terminal_interrupt(void);

/*
 * The VM's FIFO is full, or is not any more. While it is, what is typed for it waits in the
 * UART's own FIFO. With the console's lock held.
 */
void terminal_listen(const struct guest *guest, bool on);

/* True if characters of this VM are shown as they come. */
bool terminal_is_of(const struct guest *guest);

/* Show a character of the VM that has the terminal. */
void terminal_show(char c);

/* EL2 prints lines between these two: no other core's output comes in between. */
void terminal_lock(void);
void terminal_unlock(void);

/* The VM has ended: print what is left of its last line. */
void terminal_leave(struct guest *guest);

#endif
