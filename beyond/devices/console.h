/* SPDX-License-Identifier: MIT */
/*
 * A VM's PL011: registers, receive FIFO, interrupts. Arm DDI 0183. What is sent goes out at
 * once, so the transmit FIFO is always empty. It implements vuart.h of lab 4, with which EL2
 * completes a VM's line before it prints one of its own.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "fdt.h"
#include "lock.h"
#include "pl011.h"

#define CONSOLE_LINE	120	/* the most characters of a line */
#define CONSOLE_FIFO	32	/* characters, as in a PL011 r1p5 */

struct guest;

struct console {
	struct lock lock;		/* of all this: every vCPU may use the device */
	bool exists;			/* the VM has one */
	bool line_up;			/* its interrupt line */
	unsigned int intid;		/* its SPI */
	uint32_t regs[UARTIMSC / 4 + 1];	/* read back as written */
	uint32_t ris;			/* UARTRIS, raw interrupt status */
	unsigned int length;
	char line[CONSOLE_LINE];	/* sent, not printed yet */
	unsigned int first, received;
	char fifo[CONSOLE_FIFO];	/* from `first` on */
};

/*
 * Create it where the node ("arm,pl011") says. 0, an error of device_interrupt(),
 * fdt_reg() or aperture_add(); E_EXISTS for a second one.
 */
int console_create(struct guest *guest, const struct fdt *fdt, uint32_t node);

/* Its state after a reset, with an empty line. */
void console_reset(struct guest *guest);

/* A character for this VM. If the FIFO is full it is lost, and that is reported (overrun). */
void console_receive(struct guest *guest, char c);

#endif
