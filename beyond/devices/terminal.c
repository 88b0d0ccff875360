// SPDX-License-Identifier: MIT
#include "terminal.h"

#include "gicv3.h"
#include "guest.h"
#include "mmio.h"
#include "pl011.h"
#include "platform.h"
#include "printf.h"
#include "uart.h"
#include "vuart.h"

#define CTRL_A		1

/* GICD registers of INTID 33, an SPI, which goes to core 0: word 1, bit 1. */
#define GICD_IGROUPR1	0x084
#define GICD_ISENABLER1	0x104
#define GICD_IPRIORITYR(n) (0x400 + (n))
#define GICD_IROUTER(n)	(0x6000 + 8 * (n))
#define UART_BIT	BIT(UART_INTID % 32)
#define PRIORITY	0xa0

static struct lock lock = LOCK_INIT(LOCK_CONSOLE);
static unsigned int owner;		/* the VM's number */
static bool escaped;			/* Ctrl-A was typed */

void terminal_lock(void)
{
	lock_take(&lock);
}

void terminal_unlock(void)
{
	lock_release(&lock);
}

static void listen(bool on)
{
	mmio_write32(UART_BASE + UARTIMSC, on ? UARTINT_RX | UARTINT_RT : 0);
}

static void enable_interrupt(void)
{
	uint64_t priorities = GICD_BASE + GICD_IPRIORITYR(UART_INTID & ~3);

	mmio_write32(GICD_BASE + GICD_IGROUPR1, mmio_read32(GICD_BASE + GICD_IGROUPR1) | UART_BIT);
	mmio_write32(priorities, mmio_read32(priorities) | PRIORITY << 8 * (UART_INTID % 4));
	mmio_write32(GICD_BASE + GICD_IROUTER(UART_INTID), 0);
	mmio_write32(GICD_BASE + GICD_IROUTER(UART_INTID) + 4, 0);
	mmio_write32(GICD_BASE + GICD_ISENABLER1, UART_BIT);
	listen(true);
}

void terminal_init(void)
{
	if (CONFIG_INTERACTIVE)
		enable_interrupt();
}

static struct guest *owning_guest(void)
{
	struct vm *vm = vm_get(__atomic_load_n(&owner, __ATOMIC_RELAXED));

	return vm ? guest_of(vm) : NULL;
}

bool terminal_is_of(const struct guest *guest)
{
	return CONFIG_INTERACTIVE &&
	       guest->vm.id == __atomic_load_n(&owner, __ATOMIC_RELAXED);
}

void terminal_show(char c)
{
	lock_take(&lock);
	uart_putc(c);
	lock_release(&lock);
}

static void give_to(unsigned int id)
{
	terminal_lock();
	if (vm_get(id)) {
		__atomic_store_n(&owner, id, __ATOMIC_RELAXED);
		listen(true);
	}
	printf("\n[terminal] %s%u\n", vm_get(id) ? "vm" : "there is no vm", id);
	terminal_unlock();
}

static void typed(char c)
{
	bool command = escaped;
	struct guest *guest = owning_guest();

	escaped = c == CTRL_A && !command;
	if (escaped)
		return;
	if (command && c >= '0' && c <= '9')
		give_to(c - '0');
	else if (guest)
		console_receive(guest, c);
}

/* Reading takes the interrupt away, when the UART's FIFO is empty. */
void terminal_interrupt(void)
{
	while (!(mmio_read32(UART_BASE + UARTFR) & UARTFR_RXFE) &&
	       mmio_read32(UART_BASE + UARTIMSC))
		typed(mmio_read32(UART_BASE + UARTDR) & UARTDR_DATA);
}

void terminal_listen(const struct guest *guest, bool on)
{
	if (terminal_is_of(guest))
		listen(on);
}

void terminal_leave(struct guest *guest)
{
	vuart_flush(&guest->vm);
}
