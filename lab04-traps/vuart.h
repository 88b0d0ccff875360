/* SPDX-License-Identifier: MIT */
/* The virtual UART: a PL011 without receiver, shown to a VM at VUART_IPA. */
#ifndef VUART_H
#define VUART_H

#include "vm.h"

/* Give `vm` its UART. 0, or what aperture_add() answers. */
int vuart_create(struct vm *vm);

/* Print what the VM has written since its last line feed. */
void vuart_flush(struct vm *vm);

#endif
