/* SPDX-License-Identifier: MIT */
/* The self-tests of lab 4's first tasks: a guest of a few instructions each. */
#ifndef LAB04_SELFTEST_H
#define LAB04_SELFTEST_H

/* Create and destroy the VM, with one vCPU, that all of them use. */
void selftest_begin(void);
void selftest_end(void);

/* Task 1: guest_vectors is aligned and no slot is empty. */
void selftest_vectors(void);

/* Task 2: 31 registers are loaded and saved; EL2's own are preserved. */
void selftest_world_switch(void);

/* Task 3: the state that the first entry relies on. */
void selftest_entry(void);

/* Task 4: WFI, an ID register and a register of EL2. (QEMU does not trap WFE.) */
void selftest_dispatch(void);

/* Task 5: a service, an unknown service, SMC, SYSTEM_OFF. */
void selftest_hypercalls(void);

/* Task 6: a bad pointer. */
void selftest_guest_memory(void);

#endif
