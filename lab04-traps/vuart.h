/* SPDX-License-Identifier: MIT */
/* The virtual UART: a PL011 without a receiver, at VUART_IPA of each VM. */
#ifndef VUART_H
#define VUART_H

#include "vm.h"

/* Add the UART to `vm`. 0, or an error of aperture_add(). */
int vuart_create(struct vm *vm);

/* Print the unfinished line of `vm`, if any. */
void vuart_flush(struct vm *vm);

#endif
