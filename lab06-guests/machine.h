/* SPDX-License-Identifier: MIT */
/* The whole machine. */
#ifndef MACHINE_H
#define MACHINE_H

/*
 * Make a VM of every guest image of this stage, run them all to their end, and
 * print mailboxes, exits and schedule.
 */
void machine_run(void);

#endif
