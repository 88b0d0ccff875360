/* SPDX-License-Identifier: MIT */
/* The self-tests of lab 4's first tasks: a guest of a few instructions each. */
#ifndef LAB04_SELFTEST_H
#define LAB04_SELFTEST_H

/* A VM with one vCPU for all of them; then gone again. */
void selftest_begin(void);
void selftest_end(void);

/* Task 1: where guest_vectors lies, and that no slot is empty. */
void selftest_vectors(void);

/* Task 2: 31 registers go in and come out; EL2's own come back. */
void selftest_world_switch(void);

/* Task 3: what the first entry relies on. */
void selftest_entry(void);

/* Task 4: WFI, an ID register and a register that is EL2's. (QEMU traps no WFE.) */
void selftest_dispatch(void);

/* Task 5: a service, an unknown service, SMC, a bad pointer. */
void selftest_hypercalls(void);

#endif
