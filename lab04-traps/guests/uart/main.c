// SPDX-License-Identifier: MIT
/* The UART aperture with every size, direction, extension and register. */
#include "guest.h"
#include "guest_layout.h"
#include "pl011.h"
#include "stage1.h"

#define DR	(VUART_IPA + UARTDR)
#define FR	(VUART_IPA + UARTFR)
#define CR	(VUART_IPA + UARTCR)
#define ID0	(VUART_IPA + UARTPERIPHID0)
#define ID7	(VUART_IPA + UARTPCELLID0 + 12)	/* reads 0xb1 */

/* One load into a register whose bits are all 1. */
#define load(instruction, register, address) ({				\
	uint64_t value_ = ~UINT64_C(0);					\
	__asm__ volatile(instruction " %" register "0, [%1]"		\
			 : "+r"(value_) : "r"(address) : "memory");	\
	value_; })

#define store(instruction, register, address, value)			\
	__asm__ volatile(instruction " %" register "0, [%1]"		\
			 :: "rZ"((uint64_t)(value)), "r"(address) : "memory")

/* Write a string with the given store instruction. */
#define put(instruction, register, text)				\
	for (const char *p = text; *p; p++)				\
		store(instruction, register, DR, 0x7777777777777700 | *p)

/* Use each of x0 to x30 as source and as target of an access: registers.S. */
uint64_t uart_each_register(uint64_t cr);

void main(void)
{
	put("strb", "w", "uart: by strb\n");
	put("strh", "w", "uart: by strh\n");
	put("str", "w", "uart: by str w\n");
	put("str", "x", "uart: by str x\n");

	store("str", "w", CR, 0x89abcdef);
	printf("uart: ldr w 0x%lx, ldr x 0x%lx, ldrh 0x%lx, ldrb 0x%lx\n",
	       load("ldr", "w", CR), load("ldr", "x", CR),
	       load("ldrh", "w", CR), load("ldrb", "w", CR));
	printf("uart: ldrsw 0x%lx\n", load("ldrsw", "x", CR));
	printf("uart: ldrsh w 0x%lx, x 0x%lx\n", load("ldrsh", "w", CR),
	       load("ldrsh", "x", CR));
	printf("uart: ldrsb w 0x%lx, x 0x%lx\n", load("ldrsb", "w", ID7),
	       load("ldrsb", "x", ID7));
	store("strh", "w", CR, 0x12345678);
	printf("uart: strh wrote 0x%lx\n", load("ldr", "w", CR));
	store("str", "w", CR, 0);	/* a zero value is the zero register */
	printf("uart: the zero register wrote 0x%lx\n", load("ldr", "w", CR));
	__asm__ volatile("ldr xzr, [%0]" :: "r"(CR));
	printf("uart: a load to the zero register worked\n");
	printf("uart: flags 0x%lx, identification 0x%lx, reserved 0x%lx\n",
	       load("ldr", "w", FR), load("ldr", "w", ID0),
	       load("ldr", "w", VUART_IPA + 0x100));
	printf("uart: by every register: %lu wrong\n", uart_each_register(CR));


	stage1_enable();
	stage1_map(0, VUART_IPA);
	for (const char *p = "uart: by another VA\n"; *p; p++)
		store("str", "w", STAGE1_WINDOW + UARTDR, *p);

	printf("uart: a control character \033 is replaced\n");
	printf("uart: not the end of a line");
	/* A store of a pair has no valid syndrome, so EL2 stops the VM. */
	__asm__ volatile("stp xzr, xzr, [%0]" :: "r"(DR) : "memory");
	printf("uart: stp returned\n");
}
