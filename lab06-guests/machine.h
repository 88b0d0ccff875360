/* SPDX-License-Identifier: MIT */
/* The whole machine: how its VMs come and go. */
#ifndef MACHINE_H
#define MACHINE_H

/* A VM of every guest image of this stage; virtual time begins for all at once. */
void machine_load(void);

/*
 * Every VM has stopped: take each apart, so that neither its memory nor its VMID
 * can be reached any more, wipe what it left, and count the pages of its tables
 * that came back. A line a VM.
 */
void machine_end(void);

#endif
